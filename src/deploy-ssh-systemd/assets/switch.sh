# The agent on the host; follows talk.sh in one program. Sent once through one channel it serves the runner's requests;
# installed as state/agent.sh it is what the transient units and the boot guard run, when no runner is there any more.
#
# Or it is installed by "mode: bootstrap": then it is run by sudo, and confined (see confine.sh).
#
# Several requests may be sent together: "+BYTES:VERB" is passed over, with what it brings, when the request before it
# failed.
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
units=/etc/systemd/system

durable() { sync "$@" 2>/dev/null || sync; }
show() { systemctl show "$unit" -p "$1" --value 2>/dev/null; }

# What the names lead to; refuses what could lead elsewhere.
locate() { # DIRECTORY SERVICE
  safe "$2" || return 1
  # below the home of a user who has services of their own
  case $1 in '~/'*) [ -n "$manager" ] || return 1; set -- "$HOME/${1#??}" "$2";; esac
  case $1 in /*/*) ;; *) return 1;; esac
  case $1 in *[!A-Za-z0-9_./-]*|*/./*|*/../*|*/.|*/..|*/-*|*//*|*/) return 1;; esac
  dir=$1; service=$2; unit=$2.service; socket=$2.socket; state=$dir/state; guard=slipway-guard-$2.service
}

# Whether the unit was made by us, for this directory.
ours() { [ -f "$units/$unit" ] && grep -qx "X-Slipway=$dir" "$units/$unit"; }

# Whether there is a unit of this name that was not.
foreign() {
  here=$(show FragmentPath); [ ! -e "$units/$unit" ] || here=$units/$unit
  case $here in '') return 1;; "$units/$unit") [ -e "$here" ] && ! ours;; esac
}

# ---- intents ------------------------------------------------------------------------------------------------------

read_intent() { # FILE → new old kind way by
  new=; old=; kind=; way=restart; by=
  while IFS='=' read -r key value; do
    case $key in new) new=$value;; old) old=$value;; kind) kind=$value;; way) way=$value;; by) by=$value;; esac
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

# ---- switching ----------------------------------------------------------------------------------------------------

put_unit() { # FILE NAME: installs a unit file unless it is there already; never in the place of somebody else's
  changed=
  cmp -s "$1" "$units/$2" && return 0
  [ ! -e "$units/$2" ] || grep -qx "X-Slipway=$dir" "$units/$2" || return 1
  changed=yes
  cp "$1" "$units/.$2.$$" && chmod 644 "$units/.$2.$$" && durable "$units/.$2.$$" &&
    mv -T "$units/.$2.$$" "$units/$2" && durable "$units"
}

# Makes a release the current one: link, units, autostart. Idempotent, every step atomic, nothing is started.
activate() { # ID → moves: "open" or "close" when the listener changes hands, the program's own or systemd's socket
  ln -s "releases/$1" "$dir/.current.$$" && mv -T "$dir/.current.$$" "$dir/current" && durable "$dir" || return 1
  step linked
  put_unit "$dir/releases/$1/unit" "$unit" || return 1
  again=$changed moves=
  if [ -e "$dir/releases/$1/socket" ]; then
    [ ! -e "$units/$socket" ] || is_ours "$socket" || return 1
    put_unit "$dir/releases/$1/socket" "$socket" || return 1
    [ -z "$changed" ] && systemctl --quiet is-active "$socket" || moves=open
  elif is_ours "$socket"; then
    moves=close
  fi
  step installed
  seen=$(systemctl show "$unit" -p NeedDaemonReload,UnitFileState 2>/dev/null)
  seen_of NeedDaemonReload
  if [ "$again$changed$property" != no ]; then
    systemctl daemon-reload || return 1
    seen=$(systemctl show "$unit" -p UnitFileState 2>/dev/null)
  fi
  # it has systemd read all its files again
  seen_of UnitFileState
  [ "$property" = enabled ] || systemctl enable --quiet "$unit" || return 1
  [ ! -e "$dir/releases/$1/socket" ] || systemctl enable --quiet "$socket"
}

is_ours() { # UNIT
  grep -qx "X-Slipway=$dir" "$units/$1" 2>/dev/null
}

# A listener can be had by one only: who has it lets go first. At boot nothing runs yet but the socket itself.
move_listener() { # boot|''
  holders="$socket $unit"; [ -z "$1" ] || holders=$socket
  case $moves in
    open) systemctl stop $holders; systemctl start ${1:+--no-block} "$socket" ;;
    close) systemctl stop $holders; drop_unit "$socket"; systemctl daemon-reload ;;
  esac
}

drop_unit() { # UNIT
  systemctl disable --quiet "$1" 2>/dev/null
  rm -f "$units/$1"; durable "$units"
}

# Whether these parts are the same in both releases.
alike() { # RELEASE RELEASE PART...
  one=$dir/releases/$1; other=$dir/releases/$2; shift 2
  for part; do
    [ "$one/$part" -ef "$other/$part" ] && continue
    if [ -e "$one/$part" ] || [ -e "$other/$part" ]; then diff -r "$one/$part" "$other/$part" >/dev/null 2>&1 || return 1; fi
  done
}

# How the service gets from one release to the other. A signal is enough where a process that runs can take up all that
# differs: unit, environment and credentials are read at a start only.
choose_way() { # FROM TO WAY → how (restart, reload or upgrade), signal
  how=${3%-*}; signal=${3#*-}
  case $3 in
    reload-HUP|reload-USR2) alike "$1" "$2" unit socket environment credentials "$service" || how=restart ;;
    upgrade-HUP|upgrade-USR2) alike "$1" "$2" unit socket environment credentials || how=restart ;;
    *) how=restart ;;
  esac
  [ "$1" != "$2" ] || how=restart
  [ $how = restart ] || case $(show ActiveState) in active|reloading) ;; *) how=restart;; esac
}

# Has the service run what "current" leads to.
enter() {
  if [ "$how" != restart ]; then
    pid=$(show MainPID)
    if [ "${pid:-0}" -gt 0 ] && kill -s "$signal" "$pid"; then return; fi
  fi
  how=restart
  move_listener '' || return 1
  systemctl reset-failed "$unit" 2>/dev/null
  systemctl restart --no-block "$unit"
}

# Where the bytes are that a process runs. Under qemu's user emulation "exe" is the emulator; then the first file of a
# release that it has mapped.
program_of() { # PID
  case $(readlink "/proc/$1/exe" 2>/dev/null) in
    */qemu-*)
      awk -v dir="$dir/releases/" -v at="/proc/$1/map_files/" 'index($6, dir) == 1 {
        split($1, range, "-"); sub(/^0+/, "", range[1]); sub(/^0+/, "", range[2])
        print at range[1] "-" range[2]; exit
      }' "/proc/$1/maps" 2>/dev/null ;;
    *) printf '%s\n' "/proc/$1/exe" ;;
  esac
}

# Whether the main process was started from this release; $seen has it.
runs() { # ID
  seen_of MainPID
  [ "${property:-0}" -gt 0 ] && case $(readlink "$(program_of "$property")" 2>/dev/null) in "$dir/releases/$1/"*) true;; *) false;; esac
}

# Whether it runs this release, by whatever way it got there; $seen has the state.
settled() { # ID
  seen_of ActiveState; [ "$property" = active ] || return 1
  seen_of Job; [ -z "$property" ] || return 1
  [ "$how" = reload ] || { runs "$1"; return; }
  seen_of MainPID; [ "$(program_of "$property")" -ef "$dir/releases/$1/$service" ]
}

look_at_process() { # → seen
  seen=$(systemctl show "$unit" -p ActiveState,Job,MainPID 2>/dev/null)
}

do_switch() { # TOKEN; runs in a unit of its own: what happens to the connection does not matter
  exec 8>"$state/switch.lock"; hold 8 60 || { result "$1" 'failed busy'; return 1; }
  [ -e "$state/intent.$1" ] && read_intent "$state/intent.$1" || { result "$1" 'failed withdrawn'; return 1; }
  result "$1" switching; step switching
  choose_way "$old" "$new" "$way"
  activate "$new" || { result "$1" 'failed activate'; return 1; }
  enter || { result "$1" 'failed restart'; return 1; }
  result "$1" "switched $how"; step restarted
}

# 3: somebody else has won (confirmed, or taken back already). "boot" only puts the files right: systemd starts later.
do_revert() { # TOKEN WHY [boot]
  mv -T "$state/intent.$1" "$state/reverting.$1" 2>/dev/null || [ -e "$state/reverting.$1" ] || return 3
  durable "$state"
  (
    hold 8 120 || exit 1
    [ -e "$state/reverting.$1" ] || exit 0
    read_intent "$state/reverting.$1" || exit 1
    step reverting
    if [ -n "$old" ] && [ -e "$dir/releases/$old/unit" ]; then revert_to_old "${3:-}"; else revert_to_none "${3:-}"; fi
    remember "$1" "reverted-$2"
    result "$1" "reverted $2 $outcome"
    rm -f "$state/reverting.$1"; durable "$state"
    step reverted
    systemctl stop "$(timer "$1").timer" 2>/dev/null
    exit 0
  ) 8>"$state/switch.lock"
}

revert_to_old() { # boot|''
  choose_way "$new" "$old" "$way"
  activate "$old"
  systemctl reset-failed "$unit" 2>/dev/null # a crash loop has used up the start limit
  outcome=old
  if [ -n "$1" ]; then move_listener boot; return 0; fi
  look_at_process
  if [ "$how" = reload ] || [ -n "$moves" ] || ! runs "$old"; then enter; fi
  # up to 45 s for the old release to be up again: whoever asks wants to know what serves now. An automatic restart may
  # have started it just before ours: only when no job is queued any more it stays that process.
  tries=0
  until look_at_process; settled "$old"; do
    tries=$((tries + 1)); [ $tries -lt 450 ] || { outcome=down; return; }
    # a program that does not follow its signal is started anew
    [ "$how" = restart ] || [ $tries -lt 100 ] || { how=restart; enter; }
    sleep 0.1 2>/dev/null || { sleep 1; tries=$((tries + 9)); }
  done
}

revert_to_none() { # boot|''
  outcome=none
  if is_ours "$socket"; then systemctl stop ${1:+--no-block} "$socket" "$unit"; drop_unit "$socket"; fi
  if ! foreign; then systemctl stop ${1:+--no-block} "$unit"; drop_unit "$unit"; fi
  rm -f "$dir/current"; durable "$dir"
  # the guard last: until here it is what finishes this after a power cut
  drop_unit "$guard"
  systemctl daemon-reload
  systemctl reset-failed "$unit" 2>/dev/null
}

# Ends what a dead runner left: called by the boot guard, and by whoever has the lock.
settle() { # WHY [boot]
  for file in "$state"/confirmed.*; do
    [ -e "$file" ] && read_intent "$file" && remember "${file##*/confirmed.}" confirmed && rm -f "$file"
  done
  for file in "$state"/intent.* "$state"/reverting.*; do
    [ -e "$file" ] || continue
    left=${file##*/}; do_revert "${left#*.}" "$@"
  done
  rm -rf "$dir"/.current.* "$dir"/releases/.new.* "$state"/.result.* "$state"/.sum.*
  [ ! -f "$state/steps" ] || { tail -n 200 "$state/steps" >"$state/.steps" && mv -T "$state/.steps" "$state/steps"; }
  # parts of an upload stay for the next one to go on from
  find "$dir/blobs" -name '.part.*' -mtime +1 -exec rm -f {} + 2>/dev/null
  find "$state" -name 'result.*' -mtime +7 -exec rm -f {} + 2>/dev/null
}
