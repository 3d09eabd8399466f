#!/usr/bin/env bash
# Installs what the validators need from npm, as package-lock.json says, under build/validators, and prints where. Anew when that changes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$here/../../build/validators
command -v npm >/dev/null || { printf '\nskipped: validators: there is no npm here\n' >&2; exit 77; }
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if ! cmp -s "$here/package-lock.json" "$folder/installed.json"; then
  cp "$here/package.json" "$here/package-lock.json" "$folder/"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund) >"$folder/npm.log" 2>&1 ||
    { tail -n 5 "$folder/npm.log" >&2; printf '\nskipped: validators: npm could not install them\n' >&2; exit 77; }
  cp "$here/package-lock.json" "$folder/installed.json"
fi
cp "$here"/*.mjs "$folder/"  # beside node_modules, where their imports are looked for
cd "$folder" && pwd
