# A server that was taken out of its load balancer comes in again though no runner brings it: by a timer on the balancer's
# own host, which is there after a reboot, too, and looks until the server accepts connections. $kept has a note for each
# server that is out by us; one without a note was taken out by somebody else.
kept=/var/lib/slipway/balancer
[ -z "$manager" ] || kept=$HOME/.local/share/slipway/balancer

note_of() { note=slipway-balancer-$(printf '%s %s' "$1" "$2" | cksum | tr ' ' -); } # FILE|SOCKET SERVER → note

arm() { # SECONDS nginx|haproxy FILE|SOCKET SERVER [UNIT]: of nginx; or fails with what is wrong. Needs $note
  command -v perl >/dev/null || command -v python3 >/dev/null ||
    { fail TIMER_FAILED 'neither perl nor python3 is there, to see whether a server accepts connections'; return 1; }
  [ -z "$manager" ] || lingering || { fail LINGER_DENIED "$(id -un)"; return 1; }
  file=$units/$note
  mkdir -p "$units" "${kept%/*}" && mkdir -p -m 700 "$kept" &&
    put "$kept/agent.sh" "$program" && put "$kept/$note" "$2$newline$3$newline$4$newline${5:-}" &&
    put "$file.service" "[Unit]
Description=Brings $4 in again, which a deployment took out of its load balancer
[Service]
Type=oneshot
ExecStart=/bin/sh \"$kept/agent.sh\" bring-in $note" &&
    put "$file.timer" "[Timer]
OnActiveSec=$1
OnUnitInactiveSec=30
AccuracySec=1s
[Install]
WantedBy=timers.target" || { fail TIMER_FAILED "$kept and $units cannot be written"; return 1; }
  systemctl stop "$note.timer" 2>/dev/null
  said=$(systemctl --quiet enable --now "$note.timer" 2>&1) || { fail TIMER_FAILED "$said"; return 1; }
}

put() { # FILE TEXT
  printf '%s\n' "$2" >"$1.new" && durable "$1.new" && mv -T "$1.new" "$1"
}

disarm() {
  [ -e "$kept/$note" ] || return 0
  systemctl --quiet disable --now "$note.timer" 2>/dev/null
  rm -f "$units/$note.service" "$units/$note.timer" "$kept/$note" && systemctl daemon-reload
}

# By systemd. When the server is not out any more, or somebody else has it out now, there is nothing left to do.
bring_in() { # NOTE
  note=$1
  { IFS= read -r kind && IFS= read -r where && IFS= read -r server && IFS= read -r nginx; } <"$kept/$note" || return 1
  [ "$kind" = haproxy ] || look=$server
  [ "$kind" = nginx ] || haproxy_drained || return 1
  # an address that HAProxy does not tell cannot be looked at
  case $look in ''|-:*|*:0) ;; *) accepts "$look" || { echo "$server does not accept connections yet"; return 0; } ;; esac
  case $kind$look in
    nginx*) mkdir -p -m 700 "$run" && workers=$(children "$nginx") && set_upstream "$where" "$server" "$nginx" up || return 1 ;;
    haproxy?*) [ -z "$(dial "$where" "set server $server state ready")" ] || return 1 ;;
  esac
  disarm
}

# Whether HAProxy answers; look: the address of a server that is drained and nothing else, or nothing.
haproxy_drained() {
  look=$(dial "$where" "show servers state ${server%%/*}") || return 1
  look=$(printf '%s\n' "$look" | awk -v server="${server#*/}" '
    $1 == "#" { for (i = 2; i <= NF; i++) at[$i] = i - 1; next }
    !("srv_name" in at) || $at["srv_name"] != server { next }
    { admin = $at["srv_admin_state"]; address = $at["srv_addr"]; port = $at["srv_port"] }
    admin % 8 == 0 && int(admin / 8) % 2 { print (address ~ /:/ ? "[" address "]" : address) ":" port }')
}

accepts() { # WHERE: again and again, as what crashes at once accepts them, too
  for try in 1 2 3; do dial "$1" || return 1; sleep 1; done
}

# Opens a socket, sends the line if there is one, and prints the answer.
dial() { # PATH|ADDRESS:PORT [LINE]
  case $1 in
    unix:*) set -- '' "${1#unix:}" "${2:-}" ;;
    /*) set -- '' "$1" "${2:-}" ;;
    *:*[0-9]) host=${1%:*}; host=${host#"["}; set -- "${host%"]"}" "${1##*:}" "${2:-}" ;;
    *) set -- "$1" 80 "${2:-}" ;;
  esac
  if command -v perl >/dev/null; then
    timeout 10 perl -MIO::Socket::IP -MIO::Socket::UNIX -e '
      my ($host, $port, $line) = @ARGV;
      my $socket = $host eq "" ? IO::Socket::UNIX->new(Peer => $port)
        : IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Timeout => 3);
      exit 1 unless $socket;
      exit 0 if $line eq "";
      $socket->autoflush(1);
      print $socket "$line\n";
      print while <$socket>;' "$@"
  else
    timeout 10 python3 -c '
import socket, sys
host, port, line = sys.argv[1:]
try:
    if host:
        s = socket.create_connection((host, int(port)), 3)
    else:
        s = socket.socket(socket.AF_UNIX)
        s.connect(port)
except OSError:
    sys.exit(1)
s.settimeout(None)
if line:
    s.sendall((line + "\n").encode())
    for part in iter(lambda: s.recv(65536), b""):
        sys.stdout.buffer.write(part)' "$@"
  fi
}

# What a runner that talks to HAProxy itself has to be told, and to leave here.
serve_haproxy() { # SOCKET SERVER down|up|ask SECONDS → was: ours, when it is out by us
  [ -z "${confined:-}" ] || { fail UPSTREAM_FORBIDDEN "$1"; return; }
  [ "$(printf %s "$1$2" | tr -d '[:cntrl:]')" = "$1$2" ] && number "$4" || { fail NAME_REFUSED "$1 $2 $4"; return; }
  note_of "$1" "$2"
  [ ! -e "$kept/$note" ] || fact was ours
  case $3 in
    down) arm "$4" haproxy "$1" "$2" || return ;;
    up) disarm ;;
  esac
  printf '@ok\n'
}
