#!/usr/bin/env bash
# The stages of host/ know themselves and the stages to their left, never one to their right; the SDK knows nobody; plugins know the SDK alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stages=(base config plugin worker schedule result readiness serve control)
wrong=0

complain() {
  echo "$1" >&2
  wrong=1
}

for i in "${!stages[@]}"; do
  for right in "${stages[@]:$((i + 1))}" server.h setup.h check_listing.h plugin_listing.h text_layout.h roster.h check_posts.h reloader.h reload_report.h config_watch.h log_outlet.h host_operations.h crew.h rehearsal.h ctl/ conform/; do
    while IFS= read -r line; do complain "${stages[i]} must not know $right: $line"; done < <(grep -rn "#include \"$right" "host/${stages[i]}" || true)
  done
done
while IFS= read -r line; do complain "a plugin must know the SDK alone: $line"; done < <(grep -rnE '#include "(base|config|plugin|worker|schedule|result|readiness|serve|control)/' plugins || true)
while IFS= read -r line; do complain "the SDK must know the standard library alone: $line"; done < \
  <(grep -rnE '#include ["<](Poco|boost|prometheus|base|config|plugin|worker|schedule|result|readiness|serve|control)/' sdk/include || true)
while IFS= read -r line; do complain "Boost.DLL belongs to plugin/plugin_library: $line"; done < <(grep -rn 'boost/dll' host | grep -v '^host/plugin/plugin_library' || true)
while IFS= read -r line; do complain "prometheus-cpp belongs to serve: $line"; done < <(grep -rnE '#include <prometheus/' host | grep -vE '^host/(serve/|server.cpp)' || true)
while IFS= read -r line; do complain "the judging and scheduling core is plain standard C++: $line"; done < \
  <(grep -rnE '#include <(Poco|boost|prometheus)/' host/schedule host/result host/readiness || true)
exit "$wrong"
