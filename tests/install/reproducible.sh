#!/usr/bin/env bash
# The same bytes from another directory, at another time, of other file times, under another umask, locale and time zone.
#
# With FULL=1 the other build compiles everything itself. Else it takes what ccache has of what is the same whatever the directory, so that
# the short form says nothing of compilers that give different bytes each time.
# shellcheck source=tests/install/images.sh
source "$(dirname "${BASH_SOURCE[0]}")/images.sh"
# shellcheck source=tests/install/debian.sh
source "$here/debian.sh"
trap 'rm -rf "$scratch"' EXIT

# As the first one was configured, in a copy of the sources; the build is as deep below them, which the debug information has.
build_elsewhere() {
  local copy=$scratch/another/place cache=()
  mkdir -p "$copy"
  tar -C "$source_directory" -c --exclude=./build --exclude=./.git . | tar -C "$copy" -xm
  mapfile -t cache < <(sed -nE 's/^((CMAKE_BUILD_TYPE|CMAKE_C(XX)?_COMPILER(_LAUNCHER)?|PULSEWATCH_WERROR):[A-Z]+=.+)$/-D\n\1/p' "$build_directory/CMakeCache.txt")
  umask 077
  export CCACHE_BASEDIR=$copy TZ=Pacific/Auckland
  [ "${FULL:-0}" != 1 ] || export CCACHE_DISABLE=1 LC_ALL=C.UTF-8  # ccache takes another language for another compilation
  {
    cmake -S "$copy" -B "$copy/build/$(basename "$build_directory")" -G Ninja "${cache[@]}" -D PULSEWATCH_TESTS=OFF
    cmake --build "$copy/build/$(basename "$build_directory")" -j "$(nproc)" --target shipped
  } >"$scratch/build.log" 2>&1 || { tail -n 20 "$scratch/build.log" >&2; fail "it can't be built elsewhere"; }
  export LC_ALL=C.UTF-8
  faketime -f +100d true 2>/dev/null || skip "there is no faketime, to pack it at another time; install it"
  faketime -f +100d "$copy/etc/packaging/package.sh" "$copy/build/$(basename "$build_directory")" "$scratch/elsewhere" || fail "it can't be packed elsewhere"
}

SOURCE_DATE_EPOCH=$(git -C "$source_directory" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
make_packages "$scratch/here"
(build_elsewhere) || exit $?
for file in "$scratch"/here/*.deb; do
  other=$scratch/elsewhere/$(basename "$file")
  cmp "$file" "$other" >&2 || {
    for way in "$file" "$other"; do dpkg-deb --raw-extract "$way" "$way.d"; done
    diff -r "$file.d" "$other.d" | head -n 20 >&2
    fail "$(basename "$file") has other bytes when it is built elsewhere"
  }
  say "$(sha256sum "$file" | cut -c 1-16)… $(basename "$file"), twice"
done
