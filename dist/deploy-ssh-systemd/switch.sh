# From one release to another: link, units, listener, and the process.

put_unit() { # FILE NAME: installs a unit file unless it is there already; never in the place of somebody else's → said
  changed= said="$units/$2 cannot be written, or is not of Slipway"
  dressed "$1" || return 1
  set -- "$file" "$2"
  cmp -s "$1" "$units/$2" && return 0
  [ ! -e "$units/$2" ] || is_ours "$2" || return 1
  changed=yes
  draft=$units/.${2##*/}.$$ into=$units/$2
  cp "$1" "$draft" && chmod $units_mode "$draft" && durable "$draft" && mv -T "$draft" "$into" && durable "${into%/*}"
}

# The release's own lines of the unit, beside drop-ins of others; one without any takes away those before.
put_drop_in() { # FILE → changed
  changed= own_drop_in=$unit.d/50-slipway.conf
  if [ -e "$1" ]; then
    mkdir -p "$units/$unit.d" && put_unit "$1" "$own_drop_in"
  elif is_ours "$own_drop_in"; then
    changed=yes; rm -f "$units/$own_drop_in" && durable "$units/$unit.d"
    rmdir "$units/$unit.d" 2>/dev/null || :
  fi
}

# Makes a release the current one: link, units, autostart. Idempotent, every step atomic, nothing is started.
activate() { # ID [boot] → moves: "open" or "close" when the listener changes hands, the program's own or systemd's socket; said
  said="writing $dir/current"
  ln -s "releases/$1" "$dir/.current.$$" && mv -T "$dir/.current.$$" "$dir/current" && durable "$dir" && put_colour || return 1
  step linked
  put_unit "$dir/releases/$1/unit" "$unit" || return 1
  again=$changed moves=
  put_drop_in "$dir/releases/$1/drop-in" || return 1
  again=$again$changed
  put_schedule "$1" || return 1
  again=$again$changed
  if [ -e "$dir/releases/$1/socket" ]; then
    [ ! -e "$units/$socket" ] || is_ours "$socket" || return 1
    put_unit "$dir/releases/$1/socket" "$socket" || return 1
    [ -z "$changed" ] && systemctl --quiet is-active "$socket" || moves=open
  elif is_ours "$socket"; then
    moves=close
  fi
  step installed
  look_before_start
  seen_of NeedDaemonReload
  said='systemd does not read or enable its units'
  if [ "$again$changed$property" != no ]; then
    systemctl daemon-reload || return 1
    look_before_start
  fi
  # it has systemd read all its files again
  start_no_other_at_boot
  set_autostart "$1" || return 1
  [ ! -e "$dir/releases/$1/socket" ] || systemctl enable --quiet "$socket" || return 1
  put_system "$dir/releases/$1" "${2:-}"
}

look_before_start() { # → seen
  seen=$(systemctl show "$unit" -p NeedDaemonReload,UnitFileState,ActiveState,StartLimitIntervalUSec 2>/dev/null)
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
  from=$1; how=${3%-*}; signal=${3#*-}
  case $3 in
    reload-HUP|reload-USR2) alike "$1" "$2" unit drop-in socket launch environment credentials "$service" || how=restart ;;
    upgrade-HUP|upgrade-USR2) alike "$1" "$2" unit drop-in socket launch environment credentials || how=restart ;;
    *) how=restart ;;
  esac
  [ "$1" != "$2" ] || how=restart
  [ $how = restart ] || case $(show ActiveState) in active|reloading) ;; *) how=restart;; esac
}

# How the containers of a release are ended and removed stands in its unit: where the next one does that otherwise, or has
# none, they go while it still is the unit. Each of two instances has a unit of its own.
leave_containers() { # FROM TO
  [ "$from_colour" = "$to_colour" ] || return 0
  how_ended=$(end_of_containers "$1")
  [ -z "$how_ended" ] || [ "$how_ended" = "$(end_of_containers "$2")" ] || systemctl stop "$unit"
}

end_of_containers() { # RELEASE, or none
  [ -n "$1" ] && [ -e "$dir/releases/$1/container-image" ] || return 0
  echo containers; grep '^ExecStopPost=' "$dir/releases/$1/unit"
}

# Has the service run what "current" leads to.
enter() {
  ! runs_jobs || { enter_schedule; return; }
  if [ "$how" != restart ]; then
    pid=$(show MainPID)
    if [ "${pid:-0}" -gt 0 ] && kill -s "$signal" "$pid"; then return; fi
  fi
  how=restart
  move_listener '' || return 1
  # nothing is to be forgiven to one that runs and has no limit
  case $newline$seen$newline in
    *"${newline}ActiveState=active$newline"*"${newline}StartLimitIntervalUSec=0$newline"*) ;;
    *"${newline}StartLimitIntervalUSec=0$newline"*"${newline}ActiveState=active$newline"*) ;;
    *) systemctl reset-failed "$unit" 2>/dev/null ;;
  esac
  systemctl restart --no-block "$unit"
}

# Where the bytes are that a process runs. Under qemu's user emulation "exe" is the emulator; then the first file of a
# release that it has mapped.
program_of() { # PID → bytes, and exe, the path that they were started from
  bytes=/proc/$1/exe; exe=$(readlink "$bytes" 2>/dev/null)
  case $exe in
    */qemu-*)
      bytes=$(awk -v dir="$dir/releases/" -v at="/proc/$1/map_files/" 'index($6, dir) == 1 {
        split($1, range, "-"); sub(/^0+/, "", range[1]); sub(/^0+/, "", range[2])
        print at range[1] "-" range[2]; exit
      }' "/proc/$1/maps" 2>/dev/null)
      exe=$(readlink "$bytes" 2>/dev/null) ;;
    */conmon|*/docker) program_of_container "$1" ;;
    */dash|*/bash|*/sh|*/busybox) [ ! -e "$dir/current/container-image" ] || program_of_project "$1" ;;
    "$dir/"*) ;;
    */releases/*/"$service")
      # the release's link leads to a share
      id=${exe%/*}; link=$dir/releases/${id##*/}/$service
      [ "$(readlink "$link" 2>/dev/null)" != "$exe" ] || exe=$link ;;
  esac
}

# What the service runs, or, where it is a job, will run; one of two instances never is one, whatever "current" leads to.
program_of_service() { # → bytes, exe; fails where there is none
  if [ -z "$colour" ] && runs_jobs; then bytes=$dir/current/$service exe=$bytes; elif [ "$pid" -gt 0 ]; then program_of "$pid"; else return 1; fi
}

# Whether the main process was started from this release; $seen has it.
runs() { # ID
  seen_of MainPID
  [ "${property:-0}" -gt 0 ] && program_of "$property" && case $exe in "$dir/releases/$1/"*) true;; *) false;; esac
}

# Whether it runs this release, by whatever way it got there; $seen has the state.
settled() { # ID
  ! is_job "$1" || { systemctl --quiet is-active "$schedule"; return; }
  seen_of ActiveState; [ "$property" = active ] || return 1
  seen_of Job; [ -z "$property" ] || return 1
  [ "$how" = reload ] || { runs "$1"; return; }
  seen_of MainPID; program_of "$property"; [ "$bytes" -ef "$dir/releases/$1/$service" ]
}

look_at_process() { # → seen
  seen=$(systemctl show "$unit" -p ActiveState,Job,MainPID 2>/dev/null)
}

do_switch() { # TOKEN; runs in a unit of its own: what happens to the connection does not matter
  exec 8>"$state/switch.lock"; hold 8 60 || { result "$1" 'failed busy'; return 1; }
  [ -e "$state/intent.$1" ] && read_intent "$state/intent.$1" || { result "$1" 'failed withdrawn'; return 1; }
  step switching
  [ -z "$from_colour$to_colour" ] || wear "$to_colour"
  if [ -n "$to_colour" ]; then
    start_beside "$new" || { result "$1" "failed $(printf '%s\n' "$said" | head -n 1)"; return 1; }
    result "$1" 'switched blue-green'; step restarted
    return
  fi
  choose_way "$old" "$new" "$way"
  leave_containers "$old" "$new"
  activate "$new" || { result "$1" "failed $(printf '%s\n' "$said" | head -n 1)"; return 1; }
  enter || { result "$1" 'failed restart'; return 1; }
  result "$1" "switched $how"; step restarted
}
