# Completion of pulsewatch-new-plugin(1) for bash.

_pulsewatch_new_plugin() {
  local cur prev words cword split
  _init_completion -s || return

  case $prev in
    --lang) mapfile -t COMPREPLY < <(compgen -W 'c++ c rust' -- "$cur"); return ;;
  esac
  $split && return

  if [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W '--lang= --help' -- "$cur")
    [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
  else
    _filedir -d
  fi
} && complete -F _pulsewatch_new_plugin pulsewatch-new-plugin
