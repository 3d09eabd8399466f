# Completion of pulsewatchctl(1) for bash.

# The names that the daemon has, where it may be asked.
_pulsewatchctl_checks() {
  "$1" "${@:2}" --json status 2>/dev/null | grep -o '"name":"[^"]*","status"' | cut -d '"' -f 4
}

_pulsewatchctl() {
  local cur prev words cword split
  _init_completion -s || return

  local command= socket=() word i
  for ((i = 1; i < cword; ++i)); do
    word=${words[i]}
    case $word in
      --socket) socket=("--socket=${words[i + 1]}"); ((++i)) ;;
      --socket=*) socket=("$word") ;;
      --for | --reason | --timeout) ((++i)) ;;
      -*) ;;
      *) command=$word; break ;;
    esac
  done

  case $prev in
    --socket) _filedir; return ;;
    --for) mapfile -t COMPREPLY < <(compgen -W '10m 30m 1h 2h 24h' -- "$cur"); return ;;
    --timeout) mapfile -t COMPREPLY < <(compgen -W '500ms 1s 2s 5s' -- "$cur"); return ;;
    --reason) return ;;
  esac
  $split && return

  local choices options='--socket= --json'
  case $command in
    "") choices='status explain run drain undrain mute unmute mutes plugins reload probe'; options+=' --help --version' ;;
    mute) options+=' --for= --reason=' ;;
    probe) options='--timeout= --container' ;;
  esac
  if [[ $cur == -* ]]; then
    choices=$options
  elif [[ $command == @(run|mute|unmute) ]]; then
    choices=$(_pulsewatchctl_checks "${words[0]}" "${socket[@]}")
  fi
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
  [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
} && complete -F _pulsewatchctl pulsewatchctl
