#!/usr/bin/env bash
# finish.sh FOLDER VERSION MAINTAINER: makes of the components laid out there what Debian wants of a package's files, and leaves nothing in
# them that another build would have otherwise.
set -euo pipefail
cd "$1"

# Debug information goes. The names of functions stay, for a crash is told with them: in the form that is for stripped programs (MiniDebugInfo).
strip_program() {
  local names=$scratch/names
  objcopy --only-keep-debug "$1" "$names"
  strip --strip-debug --remove-section=.comment "$names"
  xz -9 --threads=1 --force "$names"
  strip --strip-all --remove-section=.comment "$1"
  objcopy --add-section .gnu_debugdata="$names.xz" "$1"
}

debian_changelog() {
  printf 'pulsewatch (%s) bookworm; urgency=medium\n\n  * What has changed is in CHANGELOG.md.gz.\n\n -- %s  %s\n' \
    "$1" "$2" "$(date --utc --rfc-email --date "@$SOURCE_DATE_EPOCH")"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
while read -r file; do
  if [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then strip_program "$file"; fi
done < <(find host/usr/bin host/usr/lib -type f)
for folder in */usr/share/doc/*; do debian_changelog "$2" "$3" >"$folder/changelog"; done
find . -path './*/usr/share/man/*' -type f -exec gzip -9n {} +
find . -path './*/usr/share/doc/*' -type f -not -name copyright -exec gzip -9n {} +
chmod -R u=rwX,go=rX .
find . -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
