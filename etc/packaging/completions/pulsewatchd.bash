# Completion of pulsewatchd(8) for bash.

_pulsewatchd() {
  local cur prev words cword split
  _init_completion -s || return

  case $prev in
    --config | -c) _filedir properties; return ;;
    --pidfile) _filedir; return ;;
    --check-config) mapfile -t COMPREPLY < <(compgen -W offline -- "$cur"); return ;;
    --describe) mapfile -t COMPREPLY < <(compgen -W "$("${words[0]}" --describe 2>/dev/null | sed -n 's/^\([a-z][a-z0-9_-]*\) .*/\1/p')" -- "$cur"); return ;;
    --define | -D | --umask) return ;;
  esac
  $split && return

  mapfile -t COMPREPLY < <(compgen -W '--config= --check-config --describe --define= --daemon --pidfile= --umask= --help --version' -- "$cur")
  [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
} && complete -F _pulsewatchd pulsewatchd
