# A release is tried before it is switched to: its program is started in the sandbox of its unit, beside the one that serves.
# Follows verify.sh in one program.
#
# All of it is in /run, which a power cut takes along. It is removed when the trial is over, when the conversation ends, by
# a timer when neither was possible, and by whoever has the lock next.

name_smoke() { smoke=slipway-smoke-$service smoke_folder=/run/slipway-smoke/$service smoke_units=/run/systemd/system; }

# check|start; state: own or shared; network: private or host; ports that are asked in a private one, by commas; ARGUMENTS as
# ExecStart= has them, "-": those of the unit. BYTES of variables follow.
serve_smoke() { # ID SECONDS check|start own|shared private|host PORTS ARGUMENTS BYTES
  number "$8" || { fail NAME_REFUSED "$8"; exit 1; }
  variables=$(take "$8" && echo .) || exit 1
  safe "$1" && number "$2" && safe "$3" && safe "$4" && safe "$5" && [ -e "$dir/releases/$1/unit" ] || { fail RELEASE_MISSING "$1"; return; }
  case $6$7 in *"$newline"*) false;; esac && case $6 in *[!0-9,]*) false;; esac || { fail NAME_REFUSED "$6 $7"; return; }
  units_allowed "$dir/releases/$1" || { fail UNIT_FORBIDDEN "$why"; return; }
  end_smoke
  smoking=yes smoke_id=$1 smoke_state=$4
  mkdir -p "$smoke_folder" "$smoke_units/$smoke.service.d" && (umask 077; printf %s "${variables%.}" >"$smoke_folder/environment") &&
    draw_smoke "$2" "$3" "$5" "$7" && draw_doors "$5" "$6" || { end_smoke; fail SMOKE_REFUSED "$said"; return; }
  # before it is started, so that nothing stays whatever happens
  newest=$(journalctl --lines=0 --show-cursor --quiet 2>/dev/null | sed -n 's/^-- cursor: .*;t=\([0-9a-f]*\);.*/\1/p'); newest=$((0x${newest:-0} + 1))
  printf '@%d.%06d' $((newest / 1000000)) $((newest % 1000000)) >"$smoke_folder/since" # what it writes comes after this
  trap 'exit 1' PIPE HUP TERM # by whatever the conversation ends
  said=$(later $(($2 + 60)) "slipway-unsmoke-$service" unsmoke "$1") && systemctl daemon-reload &&
    said=$(systemctl start --no-block $doors "$smoke.service" 2>&1 9>&-) || { end_smoke; fail SMOKE_REFUSED "$said"; return; }
  step smoking
  printf '@ok\n'
}

# The unit, what is on the host beside it, the drop-in of the release; and last what is otherwise in a trial.
draw_smoke() { # SECONDS check|start private|host ARGUMENTS → said
  said="writing $smoke_units/$smoke.service"
  [ "$4" = - ] || { grep -v '^ExecStart=' "$dir/releases/$smoke_id/unit"; printf '[Service]\nExecStart=%s\n' "$dir/current/$service${4:+ $4}"; } >"$smoke_folder/asked" || return
  [ "$4" = - ] || unit_allowed "$smoke_folder/asked" service || { said=$why; return 1; }
  in_trial "$dir/releases/$smoke_id/unit" >"$smoke_units/$smoke.service" || return
  for path in $(systemctl show "$unit" -p DropInPaths --value 2>/dev/null); do
    case $path in "$units/$unit.d/50-slipway.conf") ;; *".service.d/"*) in_trial "$path" >"$smoke_units/$smoke.service.d/${path##*/}" || return;; esac
  done
  [ ! -e "$dir/releases/$smoke_id/drop-in" ] || in_trial "$dir/releases/$smoke_id/drop-in" >"$smoke_units/$smoke.service.d/50-slipway.conf" || return
  {
    printf '[Service]\nRestart=no\nTimeoutStartSec=%s\nTimeoutStopSec=5s\nEnvironmentFile=%s/environment\n' "$1" "$smoke_folder"
    if [ "$2" = check ]; then echo Type=oneshot; else echo "RuntimeMaxSec=$(($1 + 30))"; fi
    [ "$4" = - ] || printf 'ExecStart=\nExecStart=%s\n' "$dir/releases/$smoke_id/$service${4:+ $4}"
    [ "$3" = host ] || echo PrivateNetwork=yes
    # the same user as the one that serves: its folders would be given to another one
    if [ "$smoke_state" = shared ] && ! grep -qs '^User=' "$dir/releases/$smoke_id/unit" "$dir/releases/$smoke_id/drop-in"; then echo "User=$service"; fi
  } >"$smoke_units/$smoke.service.d/zz-smoke.conf"
}

# Nothing but the program is run, nothing of others is started or ended; its folders are its own unless they are to be shared.
in_trial() { # FILE
  folders=Runtime; [ "$smoke_state" = shared ] || folders='Runtime\|State\|Cache\|Logs'
  sed -e "s|$dir/current/|$dir/releases/$smoke_id/|g" -e '/^\[Install\]/,$d' \
    -e '/^Exec\(StartPre\|StartPost\|Condition\|Reload\|Stop\|StopPost\)=/d' \
    -e '/^\(Requires\|Requisite\|BindsTo\|PartOf\|Upholds\|Conflicts\|OnFailure\|OnSuccess\|Sockets\|PIDFile\|RuntimeDirectoryPreserve\|X-Slipway\)=/d' \
    -e "s|^\($folders\)Directory=..*|\1Directory=$smoke|" -e "s|^WorkingDirectory=/var/lib/$service|WorkingDirectory=/var/lib/$smoke|" "$1"
}

# Into a network of its own lead sockets in the file system, which SSH opens; only who is connected may.
draw_doors() { # private|host PORTS → doors, said
  doors=
  [ "$1" = private ] && [ -n "$2" ] || return 0
  said='there is no systemd-socket-proxyd, which leads into the network of the trial'
  for proxyd in /usr/lib/systemd/systemd-socket-proxyd /lib/systemd/systemd-socket-proxyd ''; do [ ! -x "$proxyd" ] || break; done
  [ -n "$proxyd" ] || return
  said="writing into $smoke_units"
  for port in $(printf %s "$2" | tr , ' '); do
    door=slipway-door-$service:$port
    printf '[Socket]\nListenStream=%s\nSocketUser=%s\nSocketMode=0600\n' "$smoke_folder/$port" "${SUDO_USER:-root}" >"$smoke_units/$door.socket" &&
      printf '[Unit]\nJoinsNamespaceOf=%s.service\n[Service]\nPrivateNetwork=yes\nDynamicUser=yes\nExecStart=%s 127.0.0.1:%s\n' "$smoke" "$proxyd" "$port" >"$smoke_units/$door.service" || return
    doors="$doors $door.socket"
  done
}

# Answered when there is news, after TENTHS at the latest: it is up and listens on these ports, or it has ended; with a PID,
# that it is not that process any more.
serve_smoke_look() { # TENTHS PID PORTS
  number "$1" && number "$2" && case $3 in *[!0-9,]*) false;; esac || { fail NAME_REFUSED "$1 $2 $3"; return; }
  name_smoke
  (
    unit=$smoke.service
    clock; end=$((at + $1 * 10))
    while look_at_unit; smoke_no_news "$2" "$3"; do
      clock; [ "$at" -lt "$end" ] || break
      sleep 0.1 2>/dev/null || sleep 1
    done
    fact_unit
    [ "$pid" -eq 0 ] || fact listening "$(ports_in "$pid")"
  )
  if [ "$2" = 0 ]; then
    seen=$(systemctl show "$smoke.service" -p MainPID); seen_of MainPID
    [ "${property:-0}" -eq 0 ] || fact taken "$(ports_taken "$property")"
  fi
  printf '@ok\n'
}

smoke_no_news() { # PID PORTS
  seen_of ActiveState
  case $property in
    active) [ "$pid" -gt 0 ] || return
      [ "$2" != 0 ] || { lacks_port "$pid" "$3"; return; }
      [ "$pid" = "$1" ] ;;
    activating|deactivating|reloading) ;;
    *) false ;;
  esac
}

lacks_port() { # PID PORTS: whether it does not listen on all of them yet
  here=" $(ports_in "$1" | tr '\n' ' ')"
  for wanted in $(printf %s "$2" | tr , ' '); do case $here in *" $(printf %04X "$wanted") "*) ;; *) return 0;; esac; done
  return 1
}

ports_in() { # PID: where anybody listens in its network
  cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null | awk '$4 == "0A" { split($2, of, ":"); print of[2] }' | sort -u
}

# What listens on the same in the network of the host, and is not the service itself: a line "PORT WHO" each.
ports_taken() { # PID
  [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ] || return 0
  for port in $(awk '
    function any(a) { return a ~ /^0+$/ }
    $4 != "0A" { next }
    { split($2, of, ":"); a = of[1]; p = of[2] }
    FILENAME ~ /^\/proc\/[0-9]/ { own[p] = own[p] " " a; next }
    p in own {
      n = split(own[p], each, " ")
      for (i = 1; i <= n; i++) if (each[i] == a || any(a) && length(a) >= length(each[i]) || any(each[i]) && length(each[i]) >= length(a)) { print p; next }
    }' "/proc/$1/net/tcp" "/proc/$1/net/tcp6" /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u); do
    port=$((0x$port)); who=$(holder_of "$port")
    [ -z "$who" ] || echo "$port $who"
  done
}

serve_smoke_signal() { # HUP|USR2
  name_smoke
  case $1 in HUP|USR2) ;; *) fail NAME_REFUSED "$1"; return;; esac
  said=$(systemctl kill --kill-who=main --signal="$1" "$smoke.service" 2>&1) || { fail SMOKE_REFUSED "$said"; return; }
  printf '@ok\n'
}

serve_smoke_end() { # LINES: of what it wrote, and what systemd says of its end
  number "$1" || { fail NAME_REFUSED "$1"; return; }
  name_smoke
  # what it wrote last is there when it has ended
  systemctl stop "$smoke.service" 2>/dev/null; journalctl --sync 2>/dev/null
  since=$(cat "$smoke_folder/since" 2>/dev/null)
  fact journal "$(smoke_journal "_SYSTEMD_UNIT=$smoke.service" --lines="$1")"
  fact ended "$(smoke_journal _PID=1 "UNIT=$smoke.service" | grep -F ': Main process exited, ' | head -n 1)"
  end_smoke
  printf '@ok\n'
}

smoke_journal() { [ -z "$since" ] || journalctl "$@" --since="$since" --output=cat --no-pager --quiet 2>/dev/null; } # MATCH...

# Idempotent; by the agent, the timer, and whoever has the lock.
end_smoke() {
  name_smoke
  [ -z "${smoking:-}" ] || { smoking=; trap - PIPE HUP TERM; }
  if [ -d "$smoke_folder" ]; then
    doors=
    for door in "$smoke_units/slipway-door-$service:"*; do [ ! -e "$door" ] || doors="$doors ${door##*/}"; done
    systemctl stop $doors "$smoke.service" 2>/dev/null
    systemctl reset-failed $doors "$smoke.service" 2>/dev/null
    rm -rf "$smoke_units/$smoke.service" "$smoke_units/$smoke.service.d" "$smoke_units/slipway-door-$service:"*
    systemctl daemon-reload
    rm -rf "$smoke_folder"
    systemctl stop "slipway-unsmoke-$service.timer" 2>/dev/null
  fi
  # also of one that a power cut ended
  for path in lib cache log; do
    [ ! -e "/var/$path/$smoke" ] && [ ! -L "/var/$path/$smoke" ] || rm -rf "/var/$path/$smoke" "/var/$path/private/$smoke"
  done
}
