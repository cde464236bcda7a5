# The same of a service that a Synology NAS has without systemd: the watchdog of deploy-ssh-systemd writes down, in systemd's
# words, how it is. Follows look.sh in one program.
look_at_nas() { # UNIT LINES
  script=/usr/local/etc/rc.d/${1%.service}.sh
  fact look "$(describe_on_nas "$1")"
  fact files "$(sums_of "$script")"
  [ "$2" -eq 0 ] || fact journal "$(tail -n "$2" "$(sed -n 's/^# X-Slipway=//p' "$script")/log/${1%.service}.log" 2>/dev/null)"
  printf '@ok\n'
}

describe_on_nas() { # UNIT
  seen=$(cat "$nas/unit" 2>&1) || { echo "Error=$nas/unit cannot be read: ${seen##*: }"; echo Denied=yes; return; }
  # locked as long as the watchdog is there
  ! flock -n -s "$nas/alive" true 2>/dev/null || seen=$(printf '%s\n' "$seen" | sed -e 's/^ActiveState=acti.*/ActiveState=failed/' -e 's/^MainPID=.*/MainPID=0/')
  if [ -e "$script" ]; then echo LoadState=loaded; else echo LoadState=not-found; fi
  printf 'NeedDaemonReload=no\n%s\n' "$seen"
  describe_process "$1"
}
