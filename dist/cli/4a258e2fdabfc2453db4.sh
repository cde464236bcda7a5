# What verify-health wants to know of a unit: what systemd says of it, which bytes its main process runs, and which files
# it was loaded from. Changes nothing. Follows talk.sh in one program.

look_at() { # UNIT LINES: facts, so many lines of the unit's journal among them
  case $1 in ''|-*|*[!A-Za-z0-9:_.@-]*) fail NAME_REFUSED "$1"; return;; esac
  number "$2" || { fail NAME_REFUSED "$2"; return; }
  nas=/run/slipway-${1%.service}
  if [ -d "$nas" ]; then look_at_nas "$1" "$2"; return; fi
  set -- "$(instance_of "$1")" "$2"
  manager_of "$1"
  fact look "$(describe "$1")"
  # a service that systemd listens for, or starts by a timer, is loaded from two units
  set -- "$1" "$2" "${1%.service}.socket" "${1%.service}.timer"
  fact files "$(set -f; sums_of $($asked show -p FragmentPath,DropInPaths --value -- "$1" "$3" "$4" 2>/dev/null </dev/null))"
  [ "$2" -eq 0 ] || fact journal "$(journalctl "$told_of=$1" --lines="$2" --output=short-iso --no-pager --quiet 2>/dev/null </dev/null)"
  printf '@ok\n'
}

# Of a service that has two instances of Slipway, the one that serves: it starts at boot.
instance_of() { # UNIT
  for instance in "${1%.service}-blue.service" "${1%.service}-green.service"; do
    grep -qs '^EnvironmentFile=/.*/port-\(blue\|green\)$' "/etc/systemd/system/$instance" &&
      systemctl --quiet is-enabled "$instance" 2>/dev/null </dev/null && echo "$instance" && return
  done
  echo "$1"
}

# Where the system has no such unit, the user's own manager is asked.
manager_of() { # UNIT → asked, told_of
  asked=systemctl told_of=--unit
  case $(systemctl show -p LoadState --value -- "$1" 2>/dev/null </dev/null) in not-found)
    : "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"; export XDG_RUNTIME_DIR
    [ "$(systemctl --user show -p LoadState --value -- "$1" 2>/dev/null </dev/null)" != loaded ] || { asked='systemctl --user' told_of=--user-unit; };;
  esac
}

# /proc/PID/exe is the file that was started, also when its path leads elsewhere by now.
describe() { # UNIT: a line KEY=VALUE each
  command -v systemctl >/dev/null || { echo 'Error=systemctl is not on this host'; return; }
  seen=$($asked show -p Type,LoadState,ActiveState,SubState,MainPID,NRestarts,Result,ExecMainStatus,ExecMainCode,NeedDaemonReload -- "$1" </dev/null 2>/dev/null) ||
    { echo 'Error=systemctl show failed'; return; }
  printf '%s\n' "$seen"
  seen_of Type; [ "$property" != oneshot ] || { describe_job "$1"; return; }
  describe_process "$1"
}

# Which bytes its main process runs; $seen has its number.
describe_process() { # UNIT
  seen_of MainPID; main=$property
  case $main in ''|0|*[!0-9]*) return;; esac
  start=$(born "$main") || { echo 'Error=the process ended while it was looked at'; return; }
  sum=$(sha256sum "/proc/$main/exe" 2>&1) || { echo "Error=/proc/$main/exe cannot be read: ${sum##*: }"; echo Denied=yes; return; }
  [ "$(born "$main")" = "$start" ] || { echo 'Error=the process ended while it was looked at'; return; }
  exe=$(readlink "/proc/$main/exe")
  printf 'Start=%s\nExe=%s\nSha256=%s\n' "$start" "$exe" "${sum%% *}"
  case $exe in */conmon|*/docker) describe_container "$1" "$main";; esac
}

# Of the container that podman's monitor or docker's client keeps: the digests by which its image is there.
describe_container() { # UNIT PID; $exe is its program
  case $exe in
    */docker) engine=docker main='{{if .State.Running}}{{index .Config.Labels "slipway.main"}}{{end}}' ;;
    *) engine=podman main='{{.State.ConmonPid}}' ;;
  esac
  seen=$($engine container inspect --format "$main {{.Image}}" "slipway-${1%.service}" 2>/dev/null </dev/null)
  [ "${seen%% *}" = "$2" ] || return 0
  printf 'Images=%s\n' "$($engine image inspect --format '{{range .RepoDigests}}{{.}} {{end}}' "${seen#* }" 2>/dev/null </dev/null)"
}

# Of one that a timer starts: when it does so next, and the file that it runs then.
describe_job() { # UNIT
  seen=$(TZ=UTC $asked show -p ActiveState,NextElapseUSecRealtime -- "${1%.service}.timer" </dev/null 2>/dev/null)
  seen_of ActiveState; [ "$property" = active ] || return
  seen_of NextElapseUSecRealtime; printf 'Next=%s\n' "$property"
  file=$($asked show -p ExecStart --value -- "$1" </dev/null 2>/dev/null); file=${file#'{ path='}; file=${file%%' ;'*}
  sum=$(sha256sum -- "$file" 2>&1) || { echo "Error=$file cannot be read: ${sum##*: }"; echo Denied=yes; return; }
  printf 'Exe=%s\nSha256=%s\n' "$(readlink -f "$file")" "${sum%% *}"
}

born() { # PID: when it began, in the kernel's ticks
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  set -- ${stat##*) }; shift 19; printf %s "$1"
}

sums_of() { # FILE...: a line "SHA256  FILE" for each that can be read
  [ $# -eq 0 ] || sha256sum -- "$@" 2>/dev/null
}
