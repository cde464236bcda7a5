# The agent on the host; follows talk.sh in one program. Sent once through one channel it serves the runner's requests;
# installed as state/agent.sh it is what the transient units and the boot guard run, when no runner is there any more.
#
# Or it is installed by "mode: bootstrap": then it is run by sudo, and confined (see confine.sh).
#
# Several requests may be sent together: "+BYTES:VERB" is passed over, with what it brings, when the request before it failed.
#
# What is short is done by the shell itself: to start a program costs more than most of them do, and a deployment is made
# of hundreds.
#
# state/ holds: intent.T (a switch that nobody has confirmed yet), reverting.T, confirmed.T, result.T, history,
# lock (one deployment at a time), switch.lock (one change of `current` at a time), holder, steps, agent.sh.
# Confirming and taking back both begin by renaming intent.T: the one whose rename succeeds has won.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export PATH
umask 022
unset TMPDIR CDPATH
# where unit files lie, how their names end, and their mode
units=/etc/systemd/system suffix=.service units_mode=644

durable() { sync "$@" 2>/dev/null || sync; }
show() { systemctl show "$unit" -p "$1" --value 2>/dev/null; }

# What the names lead to; refuses what could lead elsewhere.
locate() { # DIRECTORY SERVICE
  safe "$2" || return 1
  # below the home of a user who has services of their own
  case $1 in '~/'*) [ -n "$manager" ] || return 1; set -- "$HOME/${1#??}" "$2";; esac
  case $1 in /*/*) ;; *) return 1;; esac
  case $1 in *[!A-Za-z0-9_./-]*|*/./*|*/../*|*/.|*/..|*/-*|*//*|*/) return 1;; esac
  dir=$1; service=$2; unit=$2$suffix; socket=$2.socket; schedule=$2.timer; state=$dir/state; guard=slipway-guard-$2.service
  live=/run/slipway-$2
  wear_served
}

# Whether a unit was made by us, for this directory.
ours() { is_ours "$unit"; }
is_ours() { has_mark "$units/$1"; } # UNIT
has_mark() { # FILE; in files of others than systemd the mark is a comment
  [ -f "$1" ] || return 1
  while IFS= read -r row || [ -n "$row" ]; do [ "${row#"# "}" != "X-Slipway=$dir" ] || return 0; done 2>/dev/null <"$1"
  return 1
}

# Whether there is a unit of this name that was not.
foreign() {
  if [ -e "$units/$unit" ]; then here=$units/$unit; else here=$(show FragmentPath); fi
  case $here in '') return 1;; "$units/$unit") [ -e "$here" ] && ! ours;; esac
}

read_intent() { # FILE → new old kind way by was, from_colour to_colour
  new=; old=; kind=; way=restart; by=; was=; from_colour=; to_colour=
  while IFS='=' read -r key value; do
    case $key in new) new=$value;; old) old=$value;; kind) kind=$value;; way) way=$value;; by) by=$value;; was) was=$value;; from) ! is_colour "$value" || from_colour=$value;; to) ! is_colour "$value" || to_colour=$value;; esac
  done <"$1" || return 1
  safe "$new" || return 1
  [ -z "$old" ] || safe "$old"
}

remember() { # TOKEN RESULT
  printf '%s %s %s %s %s %s %s\n' "$(date +%s)" "$1" "$2" "$kind" "$new" "${old:--}" "${by:--}" >>"$state/history"
  durable "$state/history"
}

result() { # TOKEN TEXT
  printf '%s\n' "$2" >"$state/.result.$1.$$" && mv -T "$state/.result.$1.$$" "$state/result.$1"
}

# The journal of what was done, for who looks into a host afterwards. Where it is a FIFO, every step waits for a reader.
step() { printf '%s\n' "$1" 2>/dev/null >>"$state/steps" || :; }

timer() { printf 'slipway-%s-revert-%s' "$service" "$1"; }

hold() { # FD SECONDS: locks; busybox's flock either waits for ever or not at all
  tries=$(($2 * 10))
  until flock -n "$1"; do
    tries=$((tries - 1)); [ $tries -gt 0 ] || return 1
    sleep 0.1 2>/dev/null || { sleep 1; tries=$((tries - 9)); }
  done
}
