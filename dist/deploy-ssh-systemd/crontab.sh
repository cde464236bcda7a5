# In the layout "dsm": a job's timer is lines of /etc/crontab, which start it by the agent. Follows schedule.sh and dsm.sh in
# one program.
crontab=/etc/crontab

lines_of() { grep -v '^#' "$dir/$1/timer" 2>/dev/null; } # current | releases/ID

# Those with our mark at the end, a comment to the shell that cron has run them.
lines_in_crontab() {
  awk -v mark="# X-Slipway=$dir" -v others="${1:-no}" '
    (substr($0, length($0) - length(mark) + 1) == mark) == (others == "no")' $crontab 2>/dev/null
}

put_schedule() { # RELEASE → changed
  changed=; due=
  if is_job "$1"; then due=$(lines_of "releases/$1"); fi
  [ "$(lines_in_crontab)" != "$due" ] || return 0
  changed=yes
  # two services that change it at the same time would each put back what the other one has taken away
  mkdir -p -m 700 "$run" && exec 7>>"$run/system.lock" && hold 7 30 || { said="$run/system.lock is held"; return 1; }
  write_crontab; good_so_far=$?
  exec 7>&-
  [ $good_so_far -eq 0 ] || { said="writing $crontab"; return 1; }
  # others look at the file themselves
  if command -v synosystemctl; then synosystemctl restart crond; elif command -v synoservice; then synoservice -restart crond; fi >/dev/null 2>&1
  return 0
}

write_crontab() { # of others, and those of $due
  { [ -e $crontab ] || : >$crontab; } && cp -p $crontab "$crontab.slipway" &&
    { lines_in_crontab others; [ -z "$due" ] || printf '%s\n' "$due"; } >"$crontab.slipway" &&
    durable "$crontab.slipway" && mv -T "$crontab.slipway" $crontab && durable "${crontab%/*}"
}

drop_schedule() { put_schedule ''; }

fact_timer_file() {
  there=$(lines_in_crontab)
  [ -z "$there" ] || if [ "$there" = "$(lines_of current)" ]; then fact timer-file "$(cat "$dir/current/timer")"; else fact timer-file "$there"; fi
}

schedule_is_there() { [ -n "$(lines_in_crontab)" ] && [ "$(lines_in_crontab)" = "$(lines_of current)" ]; }

# When it comes next, in UTC; when the last run began and ended.
fact_schedule() {
  there=$(lines_in_crontab)
  [ -n "$there" ] || return 0
  next=$(printf '%s\n' "$there" | next_time)
  fact timer "ActiveState=active${newline}NextElapseUSecRealtime=$([ -z "$next" ] || stamp -d "@$next")${newline}LastTriggerUSec="
  [ ! -e "$live/unit" ] || fact run "$(grep Timestamp= "$live/unit")"
}

stamp() { TZ=UTC date "$@" '+%a %Y-%m-%d %H:%M:%S UTC'; } # [-d TIME]

# The first minute from the next one on that fits one of the lines; of a leap year's day it may be years away.
next_time() {
  awk -v now="$(date +%s)" '
    function fits(field, value,   n, part, i, range, step) {
      n = split(field, part, ",")
      for (i = 1; i <= n; i++) {
        step = 1
        if (split(part[i], range, "/") > 1) step = range[2]
        part[i] = range[1]
        if (part[i] == "*") return 1
        if (split(part[i], range, "-") < 2) range[2] = range[1]
        if (value >= range[1] + 0 && value <= range[2] + 0 && (value - range[1]) % step == 0) return 1
      }
      return 0
    }
    {
      time = now - now % 60 + 60
      for (tries = 0; tries < 4000; tries++) {
        split(strftime("%M %H %d %m %w", time), is, " ")
        sunday = is[5] == 0 && fits($5, 7)
        if (!fits($3, is[3] + 0) || !fits($4, is[4] + 0) || !(sunday || fits($5, is[5] + 0))) time += (1440 - is[2] * 60 - is[1]) * 60
        else if (!fits($2, is[2] + 0)) time += (60 - is[1]) * 60
        else if (!fits($1, is[1] + 0)) time += 60
        else { if (first == "" || time < first) first = time; break }
      }
    }
    END { print first }'
}

# By cron. A run never begins while another one is under way.
do_run() {
  runs_jobs && read_launch "$dir/current/launch" && make_live || exit 0
  if [ -n "$jitter" ]; then
    read -r random </proc/sys/kernel/random/uuid
    random=$(printf %s "$random" | cksum)
    sleep $((${random%% *} % jitter))
  fi
  supervise 1
}

# Ends a run that takes longer.
limit_run() { # SECONDS
  trap 'kill "$nap" 2>/dev/null; exit' TERM
  sleep "$1" & nap=$!; wait "$nap"
  : >"$live/late"; end_main TERM
  sleep 30 & nap=$!; wait "$nap"
  end_main KILL
}
