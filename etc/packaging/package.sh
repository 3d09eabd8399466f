#!/usr/bin/env bash
# package.sh BUILD FOLDER: packs what a build directory has (its target `shipped`) into FOLDER/*.deb.
#
# The time in them is SOURCE_DATE_EPOCH, or else the commit's, so that a commit has the same packages whenever and wherever it is built.
set -euo pipefail
umask 022
build=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
source_directory=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export LC_ALL=C SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$source_directory" log -1 --format=%ct)}

staging=$(mktemp -d "$folder/staging.XXXXXX")
trap 'rm -rf "$staging"' EXIT
cpack --config "$build/CPackConfig.cmake" -B "$staging" >"$folder/package.log" 2>&1 || { cat "$folder/package.log" >&2; exit 1; }
rm -f "$folder"/*.deb
mv "$staging"/*.deb "$folder/"
