# In the layout "dsm": starts the program that "current" leads to, as its user, and again when it has ended; writes down how
# it is, in systemd's words. Follows dsm.sh in one program.
#
# $live, which is empty after a boot, holds: unit (the state), alive (locked by the watchdog as long as it is there),
# changing (locked while the service is being restarted), watchdog and main (process ids), out (to the log), timers.
keep_log_bytes=5000000

# What waits for the end of the process that runs is a process of its own: it has the lock until the new one is there.
begin_restart() {
  make_live || return 1
  ( hold 6 60 && detached renew ) 6>>"$live/changing"
}

# Up to the first word of the new watchdog.
await_start() {
  tries=0
  until is_held "$live/alive" && grep -q -e '^ActiveState=active$' -e '^ActiveState=failed$' -e '^SubState=auto-restart$' "$live/unit" 2>/dev/null; do
    tries=$((tries + 1)); [ $tries -lt 150 ] || return 1
    nap_of 0.1
  done
}

nap_of() { sleep "$1" 2>/dev/null || sleep 1; } # SECONDS

# Ends the program and its watchdog: SIGTERM, after 30 s SIGKILL; and a program whose watchdog is gone.
halt() {
  if is_held "$live/alive" && read -r dog <"$live/watchdog"; then
    kill -TERM "$dog" 2>/dev/null
    tries=0
    while is_held "$live/alive"; do
      tries=$((tries + 1))
      case $tries in 300) end_main KILL;; 350) kill -KILL "$dog" 2>/dev/null; break;; esac
      nap_of 0.1
    done
  fi
  end_main TERM || return 0
  tries=0
  while end_main 0; do
    tries=$((tries + 1)); [ $tries -ne 300 ] || end_main KILL
    [ $tries -lt 350 ] || return 1
    nap_of 0.1
  done
  drop_container
}

# Signals the main process, when it is still the one that was started.
end_main() { # SIGNAL
  { read -r whom since <"$live/main.born"; } 2>/dev/null && [ "$(born "$whom")" = "$since" ] && kill -s "$1" "$whom" 2>/dev/null
}

supervise() { # SECONDS to wait until it is the only one
  make_live && exec 7>>"$live/alive" && hold 7 "$1" || exit 1
  echo $$ >"$live/watchdog"
  umask 077
  ending= nap= main=0 last=0 restarts=0 entered=0 left=0 # in systemd's words; times in microseconds
  trap 'ending=yes; end_main TERM; [ -z "$nap" ] || kill "$nap" 2>/dev/null' TERM
  trap '' HUP
  mkdir -p "$dir/log" && open_log || exit 1
  pause=1
  note activating start success 0 0
  while :; do
    clock; began_at=$at
    launch
    clock; left=${at}0000
    [ -z "$ending" ] || { note inactive dead success "$how" "$status"; exit 0; }
    case "$how $status" in '1 0'|'2 1'|'2 2'|'2 13'|'2 15') why=success;; *) why=exit-code;; esac
    [ ! -e "$live/late" ] || why=timeout
    case $restart$why in
      no*|on-failuresuccess)
        if [ $why = success ]; then note inactive dead $why "$how" "$status"; else note failed failed $why "$how" "$status"; fi
        exit 0 ;;
    esac
    # one that does not stay is started more and more rarely, once a minute at last
    if [ $((at - began_at)) -ge 6000 ]; then pause=1; fi
    note activating auto-restart $why "$how" "$status"
    sleep $pause 7>&- & nap=$!
    wait "$nap"; nap=
    [ -z "$ending" ] || { note inactive dead success "$how" "$status"; exit 0; }
    restarts=$((restarts + 1)) pause=$((pause * 2)); [ $pause -le 60 ] || pause=60
  done
}

# One life of the program → how it ended: 1 and its exit code, or 2 and its signal.
launch() {
  read_launch "$dir/current/launch" || { how=1 status=200; return; }
  read -r invocation </proc/sys/kernel/random/uuid
  [ -z "$nofile" ] || ulimit -n "$nofile"
  release=$(readlink "$dir/current"); release=${release##*/}
  printf 'slipway: starts %s\n' "$release" >&5
  : >"$live/main"; rm -f "$live/late"
  # it says its own number, as su may stay in between; its environment is for root to open
  setsid su -s /bin/sh -c "exec /bin/sh $dir/current/launch" "$user" \
    3>"$live/main" 4<"$dir/current/environment" </dev/null >&5 2>&1 5>&- 7>&- & child=$!
  tries=0
  until [ -s "$live/main" ] || [ ! -e "/proc/$child/exe" ]; do
    tries=$((tries + 1)); [ $tries -lt 200 ] || break
    nap_of 0.05
  done
  main=0; read -r main <"$live/main"; main=${main:-0}
  if [ "$main" -gt 0 ]; then
    printf '%s %s\n' "$main" "$(born "$main")" >"$live/main.born"
    last=$main; clock; entered=${at}0000
    began_on=$(stamp)
    [ -z "$ending" ] || end_main TERM
    # a job is never up
    if runs_jobs; then note activating start success 0 0; else note active running success 0 0; fi
    limiter=; [ -z "$timeout" ] || { limit_run "$timeout" 7>&- & limiter=$!; }
  fi
  while :; do
    wait "$child"; code=$?
    [ -e "/proc/$child/exe" ] || break # a signal interrupts it
  done
  ended_on=$(stamp)
  [ -z "${limiter:-}" ] || kill "$limiter" 2>/dev/null
  # what it left of its session goes with it
  [ "$main" -eq 0 ] || kill -KILL -- "-$main" 2>/dev/null
  kill -KILL -- "-$child" 2>/dev/null
  drop_container
  how=1 status=$code
  if [ "$main" -eq 0 ] && ! id -u "$user" >/dev/null 2>&1; then status=217
  elif [ "$code" -eq 126 ] || [ "$code" -eq 127 ]; then status=203
  elif [ "$code" -gt 128 ] && [ "$code" -le 192 ]; then how=2 status=$((code - 128)); fi
  main=0
}

# What the first lines of the file say to the watchdog.
read_launch() { # FILE → user, restart, nofile, timeout, jitter
  user=; restart=always; nofile=; timeout=; jitter=
  while IFS= read -r row; do
    case $row in '# user='*) user=${row#*=};; '# restart='*) restart=${row#*=};; '# nofile='*) nofile=${row#*=};; '# timeout='*) timeout=${row#*=};; '# jitter='*) jitter=${row#*=};; esac
  done <"$1" || return 1
  safe "$user"
}

note() { # ACTIVE SUB RESULT CODE STATUS
  printf 'ActiveState=%s\nSubState=%s\nResult=%s\nExecMainCode=%s\nExecMainStatus=%s\nMainPID=%s\nExecMainPID=%s\nNRestarts=%s\nInvocationID=%s\nActiveEnterTimestampMonotonic=%s\nActiveExitTimestampMonotonic=%s\nExecMainStartTimestamp=%s\nExecMainExitTimestamp=%s\n' \
    "$@" "$main" "$last" "$restarts" "${invocation:-}" "$entered" "$left" "${began_on:-}" "${ended_on:-}" >"$live/.unit" && mv -T "$live/.unit" "$live/unit"
}

# All that the program writes goes through one process, which begins a new file when this one is large: no line is lost. On a
# full disk lines are, as awk ends; the program does not.
open_log() {
  [ -p "$live/out" ] || mkfifo "$live/out" || return 1
  written=$(wc -c 2>/dev/null <"$dir/log/$service.log") || written=0
  until awk -v file="$dir/log/$service.log" -v most="$keep_log_bytes" -v size="$written" '
    { print >>file; fflush(file); size += length($0) + 1 }
    size > most { close(file); system("mv -f " file " " file ".1"); size = 0 }'; do nap_of 1; done <"$live/out" 2>/dev/null 5>&- 6>&- 7>&- &
  exec 5>"$live/out"
}
