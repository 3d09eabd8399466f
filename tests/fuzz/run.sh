#!/usr/bin/env bash
# run.sh NAME SECONDS: runs the fuzzing program NAME of build/fuzz from the seeds in corpus/NAME. What it found meanwhile is kept in
# build/fuzz/corpus/NAME when KEEP is set. Fails, with the input left in build/fuzz/found, when it finds a fault, and when it did not run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$here/../.." && pwd)/build/fuzz
name=$1 seconds=$2
program=$build/bin/${name}_fuzz
[ -x "$program" ] || { echo "$program is not there: build it with cmake --preset fuzz && cmake --build --preset fuzz" >&2; exit 1; }

grown=$build/corpus/$name
[ -n "${KEEP:-}" ] || { grown=$(mktemp -d); trap 'rm -rf "$grown"' EXIT; }
mkdir -p "$grown" "$build/found"
directories=("$grown")
[ ! -d "$here/corpus/$name" ] || directories+=("$here/corpus/$name")
options=()
[ ! -e "$here/$name.dict" ] || options+=(-dict="$here/$name.dict")

export ASAN_SYMBOLIZER_PATH=${ASAN_SYMBOLIZER_PATH:-/usr/lib/llvm-14/bin/llvm-symbolizer} UBSAN_OPTIONS=print_stacktrace=1
log=$grown.log
status=0
"$program" -max_total_time="$seconds" -timeout=20 -max_len=2048 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 \
  -artifact_prefix="$build/found/$name-" "${options[@]}" "${directories[@]}" >"$log" 2>&1 || status=$?
tail -n 40 "$log"
runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
rm -f "$log"
[ "$status" -eq 0 ] || { echo "$name: a fault was found; its input is in $build/found" >&2; exit "$status"; }
[ "${runs:-0}" -ge 1000 ] || { echo "$name: only ${runs:-0} inputs were tried" >&2; exit 1; }
