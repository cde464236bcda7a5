# The layout "dsm" (Synology): no systemd for services of ours, so this stands in its place. The other parts ask in
# systemctl's words, and are answered from what the watchdog (watchdog.sh) writes down below $live. Follows switch.sh in one
# program, instead of user.sh, systemd.sh and verify.sh.
units=/usr/local/etc/rc.d suffix=.sh units_mode=755
manager= own_uid=$(id -u)
tools='setsid su mkfifo'

# Of systemctl's verbs those that the other parts use, for the one service. What is there at boot is started: a script in
# rc.d needs no enabling, and nothing has to be read again.
systemctl() { # [--quiet] VERB [OPTION|UNIT]...
  [ "${1:-}" != --quiet ] || shift
  case ${1:-} in
    show) if [ "${2:-}" = nginx ]; then nginx_main; else tell; fi ;;
    restart) [ "${3:-}" != "$unit" ] || begin_restart ;;
    stop)
      shift
      for name; do
        case $name in "$unit") (halt);; *.timer) (call_off "${name%.timer}");; esac
      done ;;
    start) [ "${3:-}" != "$unit" ] || (make_live && detached supervise 6>&-) ;;
    is-active) if [ "${2:-}" = nginx ]; then [ -n "$(nginx_main)" ]; else schedule_is_there; fi ;;
    reload) nginx_signal ;;
    daemon-reload|enable|disable|reset-failed) ;;
    *) return 1 ;;
  esac
}

show() { (seen=$(tell); seen_of "$1"; printf '%s\n' "$property"); }

# What the watchdog last wrote; that it is gone without a word, where it is.
tell() {
  # first: what is written while a restart is under way is not its end
  if is_held "$live/changing"; then echo Job=1; else echo Job=; fi
  if [ -f "$units/$unit" ]; then
    printf 'LoadState=loaded\nUnitFileState=enabled\nFragmentPath=%s\n' "$units/$unit"
  else
    printf 'LoadState=not-found\nUnitFileState=\nFragmentPath=\n'
  fi
  printf 'NeedDaemonReload=no\nStartLimitIntervalUSec=0\nDropInPaths=\n'
  if [ ! -e "$live/unit" ]; then
    printf 'ActiveState=inactive\nSubState=dead\nMainPID=0\nNRestarts=0\n'
  elif is_held "$live/alive"; then
    cat "$live/unit"
  else
    sed -e 's/^ActiveState=active$/ActiveState=failed/' -e 's/^ActiveState=activating$/ActiveState=failed/' -e 's/^MainPID=.*/MainPID=0/' "$live/unit"
  fi
}

# Whether somebody has this lock; whoever wants it tries more than once, as looking takes it for a moment.
is_held() { [ -e "$1" ] && ! flock -n -s "$1" true 6>&- 7>&- 8>&- 9>&- 2>/dev/null; } # FILE

make_live() { mkdir -p "$live" && chmod 700 "$live"; }

# Runs a verb of the installed agent in a session of its own: what happens to the connection does not matter.
detached() { # VERB [WORD]...
  wanted=$1; shift
  setsid /bin/sh "$state/agent.sh" "$wanted" "$dir" "$service" "$@" </dev/null >/dev/null 2>&1 7>&- 8>&- 9>&- &
}

apart() { detached "$2" "$3" 6>&-; } # NAME VERB TOKEN

# The dead man's timer, a process that sleeps: armed when it has written down who it is. After a reboot there is none; then
# the script in rc.d takes back what nobody confirmed, before it starts the service.
later() { # SECONDS NAME revert TOKEN; says what is wrong
  make_live || return 1
  detached timer "$1" "$2" "$4" 6>&-
  tries=0
  until [ -e "$live/$2" ]; do
    tries=$((tries + 1)); [ $tries -lt 100 ] || { echo 'the process that waits has not begun'; return 1; }
    sleep 0.1 2>/dev/null || sleep 1
  done
}

do_later() { # SECONDS NAME TOKEN
  printf '%s %s\n' $$ "$(born $$)" >"$live/.$2" && mv -T "$live/.$2" "$live/$2" || return 1
  trap 'kill "$nap" 2>/dev/null; exit' TERM
  sleep "$1" & nap=$!
  wait "$nap"
  trap '' TERM
  rm -f "$live/$2"
  do_revert "$3" timeout
}

call_off() { # NAME
  { read -r pid began <"$live/$1"; } 2>/dev/null || return 0
  [ "$(born "$pid")" != "$began" ] || kill -TERM "$pid"
  rm -f "$live/$1"
}

put_guard() { mkdir -p "$units" && make_live; }

# The shell reads the script and how the program is launched; nothing is run.
serve_verify() { # ID
  safe "$1" && [ -e "$dir/releases/$1/unit" ] && [ -e "$dir/releases/$1/launch" ] || { fail RELEASE_MISSING "$1"; return; }
  said=$(sh -n "$dir/releases/$1/unit" 2>&1 && sh -n "$dir/releases/$1/launch" 2>&1) || { fail UNIT_REFUSED "$said"; return; }
  printf '@ok\n'
}

serve_try() { # BYTES [BYTES], then the script
  number "$1" && number "${2:-0}" || { fail NAME_REFUSED "$1 ${2:-}"; exit 1; }
  said=$(take "$1" | sh -n 2>&1) || { fail UNIT_REFUSED "$said"; return; }
  take "${2:-0}" >/dev/null
  printf '@ok\n'
}

# What the program wrote since the release changed for the last time.
serve_journal() { # TOKEN LINES
  safe "$1" && number "$2" || { fail NAME_REFUSED "$1 $2"; return; }
  fact journal "$(cat "$dir/log/$service.log.1" "$dir/log/$service.log" 2>/dev/null |
    awk '$1 == "slipway:" && $2 == "starts" { if ($3 != last) { n = 0; last = $3 }; next } { line[n++] = $0 }
      END { for (i = 0; i < n; i++) print line[i] }' | tail -n "$2")"
  fact_listens
  printf '@ok\n'
}

# DSM's own nginx, which serves its web pages, too. It reads http.*.conf in this folder, to which conf.d in /etc/nginx leads;
# what else is there it writes itself. A reload is DSM's where it has a program for it.
nginx_sites=/usr/local/etc/nginx/conf.d nginx_kind=http.
of_nginx() { case $1 in 'nginx, pid '*) ;; *) false;; esac; } # HOLDER of a port
nginx_signal() { if [ -x /usr/syno/bin/synosystemctl ]; then /usr/syno/bin/synosystemctl reload nginx; else nginx -s reload; fi; }

nginx_main() { # its process id; not of one in a container
  cat /proc/[0-9]*/stat 2>/dev/null | awk '$2 == "(nginx)" { of[$1] = $4 } END { for (pid in of) if (!(of[pid] in of)) print pid }' |
    while read -r pid; do [ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] || echo "$pid"; done | head -n 1
}

# Which NAS this is, and what a system update has taken away of ours.
own_facts() {
  defaults=/etc.defaults
  fact dsm "$(value_of productversion $defaults/VERSION)-$(value_of buildnumber $defaults/VERSION)"
  fact model "$(value_of upnpmodelname $defaults/synoinfo.conf)"
  fact platform "$(value_of unique $defaults/synoinfo.conf)"
  [ ! -L "$dir/current" ] || [ -x "$units/$unit" ] || fact missing "$units/$unit"
  ! runs_jobs || schedule_is_there || fact missing "lines of $crontab"
  nginx_place
  [ ! -e "$dir/current/system/nginx" ] || [ -e "$place" ] || fact missing "$place"
}

# Whether a process was started from a release, also when its watchdog is gone.
end_smoke() { :; } # there is none without systemd
of_service() { program_of "$1"; case $exe in "$dir/releases/"*) ;; *) false;; esac; } # PID

value_of() { sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" "$2" 2>/dev/null | head -n 1; } # KEY FILE

# By the script in rc.d, which DSM calls with "start" after a boot: VERB DIRECTORY SERVICE. By ourselves: the rest.
own_verbs() {
  locate "$2" "$3" || exit 2
  case $1 in
    start)
      [ -e "$live/unit" ] || settle reboot boot >/dev/null 2>&1 # nothing of ours has run since the boot
      [ ! -e "$dir/current/launch" ] || runs_jobs || is_held "$live/alive" || { make_live && detached supervise 6>&-; } ;;
    stop) (halt) ;;
    restart) begin_restart ;;
    status) tell ;;
    renew) halt; rm -f "$live/unit"; detached supervise 6>&-; await_start ;;
    run) do_run ;;
    supervise) supervise 10 ;;
    timer) do_later "$4" "$5" "$6" ;;
    *) exit 2 ;;
  esac
}
