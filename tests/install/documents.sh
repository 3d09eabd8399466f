#!/usr/bin/env bash
# The man pages and the completions, as they are installed: pages without a warning, with every option, command and key; completions that a
# real bash and a real zsh offer.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/install/engine.sh
source "$here/engine.sh"
build=${PULSEWATCH_BUILD:-$source_directory/build/release}
scratch=$(mktemp -d /var/tmp/pulsewatch-documents.XXXXXX)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; rm -rf "$scratch"' EXIT
tree=$scratch/tree
programs='pulsewatchd pulsewatchctl pulsewatch-plugin-test pulsewatch-new-plugin'

lay_out() {
  local component
  for component in host dev; do DESTDIR=$tree cmake --install "$build" --prefix /usr --component "$component" >/dev/null || fail "cmake --install $component"; done
  export PATH=$tree/usr/bin:$PATH
}

page() { find "$tree/usr/share/man" -name "$1.*"; }
shown() { MANWIDTH=1000 man -E UTF-8 -l "$1" 2>/dev/null | col -bx; }

check_pages() {
  local program file warnings option command
  for file in "$tree"/usr/share/man/man*/*; do
    warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$file" 2>&1 >/dev/null)
    [ -z "$warnings" ] || fail "$file: $warnings"
    [ "$(lexgrog "$file" | grep -c ' - ')" -eq 1 ] || fail "$file has no NAME that whatis finds"
  done
  for program in $programs; do
    file=$(page "$program")
    [ -n "$file" ] || fail "$program has no page"
    shown "$file" >"$scratch/page"
    "$program" --help >"$scratch/help" 2>&1 || fail "$program --help"
    grep -oE -- '(^|[^a-z-])--?[a-zA-Z][a-z-]*' "$scratch/help" | grep -oE -- '--[a-z-]+|(^|[ ,[])-[a-zA-Z]$' | tr -d ' ,[' | sort -u >"$scratch/options"
    [ -s "$scratch/options" ] || [ "$program" = pulsewatch-new-plugin ] || fail "$program --help has no options"
    while read -r option; do
      grep -qE -- "(^|[^a-z-])$option([^a-z-]|$)" "$scratch/page" || fail "$(basename "$file") has no $option"
    done <"$scratch/options"
  done
  shown "$(page pulsewatchctl)" >"$scratch/page"
  for command in $(commands); do grep -qE "^ +$command( |$)" "$scratch/page" || fail "pulsewatchctl(1) has no $command"; done
  say "the pages have every option and command"
}

# The links of the SDK's guide lead somewhere from where it is installed.
check_guide() {
  local guide=$tree/usr/share/doc/pulsewatch-dev/README.md link links
  links=$(grep -oE '\]\([^)#]+' "$guide" | cut -c 3- | grep -v '^https*:')
  [ "$(wc -l <<<"$links")" -ge 3 ] || fail "the guide of the SDK has only these links: $links"
  for link in $links; do [ -e "$(dirname "$guide")/$link" ] || fail "the link $link in $guide leads nowhere"; done
  diff <(sed -E 's/\]\([^)]+//g' "$guide") <(sed -E 's/\]\([^)]+//g' "$source_directory/sdk/README.md") >&2 || fail "the installed guide has another text"
}

# The unit test HostConfigTest holds etc/pulsewatch.properties against the host's own list of keys.
check_keys() {
  local key keys=0
  shown "$(page pulsewatch.properties)" >"$scratch/page"
  while read -r key; do
    grep -qF -- " $key" "$scratch/page" || fail "pulsewatch.properties(5) has no '$key'"
    keys=$((keys + 1))
  done < <(sed -nE -e 's/^#([a-z][a-z_.]* =.*)$/\1/p' -e 's/^#   ((check|plugin|group)\.[A-Za-z]+\.[a-z_]+ =( [^ ]+)?).*/\1/p' \
    "$source_directory/etc/pulsewatch.properties" | sed 's/ *$//')
  [ "$keys" -gt 70 ] || fail "etc/pulsewatch.properties has only $keys keys"
  while read -r key; do
    grep -qF "$key" "$scratch/page" || fail "pulsewatch.properties(5) has no variable $key"
  done < <(grep -oE '\[[A-Z_]+\]' "$source_directory/etc/pulsewatch.properties" | tr -d '[]')
  say "pulsewatch.properties(5) has all $keys keys"
}

commands() { sed -nE 's/^  ([a-z]+)( .*)?$/\1/p' < <(pulsewatchctl --help); }

say() { printf '%s\n' "$*"; }

# A daemon whose checks are completed.
start_daemon() {
  mkdir "$scratch/state"
  env -i SECRET_KEY="$(printf 's%.0s' $(seq 50))" DJANGO_SETTINGS_MODULE=core.settings.test DATABASE_URL=mysql://u@127.0.0.1:1/d \
    REDIS_URL=redis://127.0.0.1:1/0 PULSEWATCH_HTTP_PORT=0 PULSEWATCH_STATE_DIRECTORY="$scratch/state" PULSEWATCH_CONTROL_SOCKET="$scratch/control" \
    PULSEWATCH_PLUGINS_DIRECTORIES="$build/plugins" PULSEWATCH_SHUTDOWN_DRAIN=0s \
    "$build/bin/pulsewatchd" --config="$source_directory/etc/pulsewatch.properties" >"$scratch/log" 2>&1 &
  daemon=$!
  export PULSEWATCH_CONTROL_SOCKET=$scratch/control PULSEWATCH_PLUGINS_DIRECTORIES=$build/plugins
  wait_until 20 pulsewatchctl status || { cat "$scratch/log" >&2; fail "pulsewatchd does not start"; }
}

# in_bash WORDS: what bash offers at the end of them; the completion is found as bash-completion finds it for a command.
in_bash() {
  XDG_DATA_DIRS=$tree/usr/share bash --norc -c '
    source /usr/share/bash-completion/bash_completion
    COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
    words=${1//=/ = }
    read -ra COMP_WORDS <<<"$words"
    [[ $1 != *[\ =] ]] || COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _completion_loader "${COMP_WORDS[0]}"
    function=$(complete -p "${COMP_WORDS[0]}" | sed -E "s/.* -F ([^ ]+) .*/\1/")
    compopt() { :; }
    "$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$1" 2>"$scratch/bash.err" || { cat "$scratch/bash.err" >&2; fail "bash: completion of '$1'"; }
}

# in_zsh WORDS: what an interactive zsh on a terminal of its own lists. Not by TAB: it lists nothing when more input is there already.
in_zsh() {
  ZDOTDIR=$scratch zsh -f -c '
    zmodload zsh/zpty
    zpty shell "TERM=dumb zsh -f -i"
    zpty -w shell "PROMPT= ; unset zle_bracketed_paste; fpath=($1/usr/share/zsh/vendor-completions \$fpath); autoload -U compinit; compinit -u -d $2/zcompdump
      zstyle \":completion:*\" list-prompt \"\"; LISTMAX=1000; zle_highlight=(none); setopt NO_list_packed
      show() { zle list-choices; zle -R; zle -I; print fin\"\"ished }; zle -N show; bindkey \"^T\" show; print re\"\"ady"
    zpty -r shell output "*ready*"
    zpty -w -n shell "$3"$'"'\C-t'"'
    zpty -r shell output "*finished*"
    print -r -- "$output"
    zpty -d shell' zsh "$tree" "$scratch" "$1" | col -bx
}

offers() {  # offers SHELL WORDS EXPECTED...
  local shell=$1 words=$2 found expected
  shift 2
  found=$("in_$shell" "$words")
  for expected in "$@"; do
    grep -qE -- "(^|[^a-z-])$expected([^a-z-]|$)" <<<"$found" || fail "$shell: after '$words' there is no '$expected' in: $found"
  done
}

options_of() { grep -oE -- '--[a-z-]+' < <("$1" --help) | sort -u; }

check_completions() {
  local shell=$1
  # shellcheck disable=SC2046
  offers "$shell" 'pulsewatchctl ' $(commands)
  offers "$shell" 'pulsewatchctl -' --socket --json --help --version
  offers "$shell" 'pulsewatchctl mute ' database redis
  PULSEWATCH_CONTROL_SOCKET=$scratch/none offers "$shell" "pulsewatchctl --socket=$scratch/control run " database redis
  offers "$shell" 'pulsewatchctl mute redis -' --for --reason --socket --json
  offers "$shell" 'pulsewatchctl mute redis --for ' 30m 2h
  offers "$shell" 'pulsewatchctl probe -' --timeout --container
  # shellcheck disable=SC2046
  offers "$shell" 'pulsewatchd -' $(options_of pulsewatchd)
  offers "$shell" 'pulsewatchd --describe=' mysql redis migrations
  offers "$shell" "pulsewatchd --config=$source_directory/etc/pulsewatch" pulsewatch.properties
  # shellcheck disable=SC2046
  offers "$shell" 'pulsewatch-plugin-test -' $(options_of pulsewatch-plugin-test)
  offers "$shell" 'pulsewatch-plugin-test --rule=' deadline unload
  offers "$shell" "pulsewatch-plugin-test $build/plugins/my" mysql.so
  offers "$shell" 'pulsewatch-new-plugin -' --lang --help
  offers "$shell" 'pulsewatch-new-plugin --lang=' c rust
  say "$shell completes commands, options, checks and plugins"
}

for program in man col lexgrog; do command -v $program >/dev/null || skip "there is no $program; install man-db and bsdextrautils"; done
lay_out
check_pages
check_guide
check_keys
start_daemon
if [ -e /usr/share/bash-completion/bash_completion ]; then check_completions bash; else echo 'skipped: installation: bash-completion is not there; install it'; fi
if command -v zsh >/dev/null; then check_completions zsh; else echo 'skipped: installation: zsh is not there; install it'; fi
