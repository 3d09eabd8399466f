# Completion of pulsewatch-plugin-test(1) for bash.

_pulsewatch_plugin_test() {
  local cur prev words cword split
  _init_completion -s || return

  case $prev in
    --rule) mapfile -t COMPREPLY < <(compgen -W "$("${words[0]}" --list 2>/dev/null | sed -n 's/^\([a-z][a-z-]*\) .*/\1/p')" -- "$cur"); return ;;
    --timeout) mapfile -t COMPREPLY < <(compgen -W '500ms 2s 10s' -- "$cur"); return ;;
  esac
  $split && return

  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--timeout= --rule= --list --help --version' -- "$cur")
    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
  else
    _filedir so
  fi
} && complete -F _pulsewatch_plugin_test pulsewatch-plugin-test
