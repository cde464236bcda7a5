# What the agent asks of systemd in more words than systemctl's; in the layout "dsm", dsm.sh stands in its place. Follows
# user.sh in one program.
tools=systemd-run

# Runs a verb of the installed agent after so many seconds, also when no runner is there any more.
later() { # SECONDS NAME VERB TOKEN; says what is wrong
  systemd-run $manager --quiet --collect --on-active="$1" --timer-property=AccuracySec=1s --unit="$2" \
    /bin/sh "$state/agent.sh" "$3" "$dir" "$service" "$4" 2>&1 9>&-
}

# The same at once, in a unit of its own: what happens to the connection does not matter.
apart() { # NAME VERB TOKEN; says what is wrong
  systemd-run $manager --quiet --no-block --collect --unit="$1" \
    /bin/sh "$state/agent.sh" "$2" "$dir" "$service" "$3" 2>&1 9>&-
}

# At boot, before the service: an intent that nobody confirmed is taken back.
put_guard() { # $from_colour and $to_colour: the colours that the switch is about
  before=$unit; [ -z "$from_colour$to_colour" ] || before="$service.service $service-blue.service $service-green.service"
  text="[Unit]
Description=Takes back an unconfirmed release of $service
Before=$before nginx.service rsyslog.service
ConditionPathExistsGlob=|$state/intent.*
ConditionPathExistsGlob=|$state/reverting.*
X-Slipway=$dir

[Service]
Type=oneshot
ExecStart=/bin/sh $state/agent.sh guard $dir $service

[Install]
WantedBy=$boots"
  [ -e "$units/$guard" ] && [ "$(cat "$units/$guard")" = "$text" ] && return 0
  printf '%s\n' "$text" >"$state/guard.unit" || return 1
  put_unit "$state/guard.unit" "$guard" && systemctl daemon-reload && systemctl enable --quiet "$guard"
}

serve_journal() { # TOKEN LINES: since the switch, by this host's clock
  safe "$1" && number "$2" || { fail NAME_REFUSED "$1 $2"; return; }
  wear_tried "$1"
  at=; for file in "$state/intent.$1" "$state/reverting.$1"; do [ -e "$file" ] && at=$(sed -n 's/^at=//p' "$file"); done
  fact journal "$(journalctl $of_unit="$unit" ${at:+"--since=@$at"} --lines="$2" --output=cat --no-pager 2>/dev/null)"
  # systemd's own words: its properties show the last end only until the next start
  fact ended "$(journalctl $told_by="$unit" ${at:+"--since=@$at"} --output=cat --no-pager 2>/dev/null |
    grep -F ': Main process exited, ' | tail -n 1)"
  # what seccomp refused, where the kernel says so
  fact audit "$(journalctl _TRANSPORT=kernel + _TRANSPORT=audit ${at:+"--since=@$at"} --output=cat --no-pager 2>/dev/null |
    grep -e 'type=1326' -e SECCOMP | grep -F "exe=\"$dir/releases/" | tail -n 1)"
  fact_listens
  printf '@ok\n'
}

own_facts() { [ -z "$manager" ] || user_facts; }
of_service() { false; } # its control group says it
own_verbs() { exit 2; }
