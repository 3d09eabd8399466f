#!/usr/bin/env bash
# etc/prometheus as promtool sees it: the configuration, the rules, and the cases of rules_test.yml, of which each rule has one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$here/../../etc/prometheus
rules=$folder/pulsewatch.rules.yml

promtool check config "$folder/prometheus.yml"
promtool test rules "$here/rules_test.yml"

missing=0
while read -r kind name; do
  case $kind in
    alert:) grep -q "alertname: $name\$" "$here/rules_test.yml" ;;
    *) grep -q "expr: .*$name" "$here/rules_test.yml" ;;
  esac || { echo "no case shows what ${kind%:} $name gives" >&2; missing=1; }
done < <(sed -nE 's/^ *- ((alert|record): .*)/\1/p' "$rules")
exit "$missing"
