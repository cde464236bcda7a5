# A job: a release with a timer. Its service does not stay up: it runs whenever the timer says so, and never twice at once.
# Follows switch.sh in one program.

is_job() { [ -n "$1" ] && [ -e "$dir/releases/$1/timer" ]; } # RELEASE
runs_jobs() { [ -e "$dir/current/timer" ]; }

# The timer of a release; one without any takes away that of the release before.
put_schedule() { # RELEASE → changed
  changed=
  if is_job "$1"; then
    put_unit "$dir/releases/$1/timer" "$schedule"
  elif is_ours "$schedule"; then
    # at boot systemd may wait for us
    systemctl stop --no-block "$schedule"; drop_unit "$schedule"; changed=yes
  fi
}

# A job is started by its timer only, not at boot, whatever the release before was. $seen has the state of its service.
set_autostart() { # RELEASE
  seen_of UnitFileState
  if is_job "$1"; then
    [ "$property" != enabled ] || systemctl disable --quiet "$unit" || return 1
    systemctl enable --quiet "$schedule"
  else
    [ "$property" = enabled ] || systemctl enable --quiet "$unit"
  fi
}

# Has the timer count from now on. A run of the job before goes on to its end; a service before ends, unless it is one of two
# instances, which have units of their own.
enter_schedule() {
  how=timer
  move_listener '' || return 1
  if ! is_job "$from" && [ "$from_colour" = "$to_colour" ]; then systemctl stop "$unit" || return 1; systemctl reset-failed "$unit" 2>/dev/null; fi
  systemctl restart "$schedule"
}

# Where a release is taken back, a run of it is, too. $seen has the process.
end_run_of() { # RELEASE
  ! is_job "$1" || ! runs "$1" || systemctl stop "$unit"
}

# At boot systemd has queued what it would have started of the release that is taken back.
queue_at_boot() { # FROM TO
  if is_job "$2"; then
    is_job "$1" || systemctl stop --no-block "$unit"
    systemctl start --no-block "$schedule"
  elif is_job "$1"; then
    systemctl start --no-block "$unit"
  fi
}

drop_schedule() { # boot|''
  is_ours "$schedule" || return 0
  systemctl stop ${1:+--no-block} "$schedule"
  # it keeps when it last came, so that it knows what it missed
  systemctl clean --what=state "$schedule" 2>/dev/null
  drop_unit "$schedule"
}

fact_timer_file() { ! is_ours "$schedule" || fact timer-file "$(cat "$units/$schedule")"; }

# When it comes next, in UTC; when the last run began and ended.
fact_schedule() {
  is_ours "$schedule" || return 0
  fact timer "$(TZ=UTC systemctl show "$schedule" -p ActiveState,NextElapseUSecRealtime,LastTriggerUSec 2>/dev/null)"
  fact run "$(TZ=UTC systemctl show "$unit" -p ExecMainStartTimestamp,ExecMainExitTimestamp 2>/dev/null)"
}

# Whether systemd understands these, and when they come next. Changes nothing.
serve_calendar() { # EXPRESSION...
  command -v systemd-analyze >/dev/null || { fact skipped systemd-analyze; printf '@ok\n'; return; }
  for expression; do
    said=$(TZ=UTC systemd-analyze calendar -- "$expression" 2>&1 </dev/null) || { fail CALENDAR_REFUSED "$said"; return; }
    fact calendar "$said"
  done
  printf '@ok\n'
}

# One run now, of a release that nobody has confirmed yet.
serve_run() { # TOKEN
  safe "$1" && [ -e "$state/intent.$1" ] && runs_jobs || { fail RUN_FAILED "there is no job to run"; return; }
  said=$(systemctl start --no-block "$unit" 2>&1 9>&-) || { fail RUN_FAILED "$said"; return; }
  printf '@ok\n'
}
