# A switch as the runner asks for it: intended, armed and begun; then confirmed, or taken back.

serve_switch() { # TOKEN ID KIND SECONDS WHO [WAY]; WHO in base64, as it is kept
  case $5 in *[!A-Za-z0-9+/=]*) fail NAME_REFUSED "$5"; return;; esac
  safe "$1" && safe "$2" && safe "$3" && number "$4" && safe "${6:-restart}" && [ -e "$dir/releases/$2/unit" ] || { fail RELEASE_MISSING "$2"; return; }
  choose_colours "$2"; wear "$to_colour"
  ! foreign || { fail UNIT_FOREIGN "$here"; return; }
  units_allowed "$dir/releases/$2" ||
    { fail UNIT_FORBIDDEN "$why"; return; }
  said=$(systems_allowed "$dir/releases/$2") || { fail SYSTEM_FORBIDDEN "$said"; return; }
  old=$(readlink "$dir/current" 2>/dev/null); old=${old#releases/}
  put_guard || { fail SWITCH_FAILED "installing $guard"; return; }
  printf 'new=%s\nold=%s\nkind=%s\nway=%s\nwas=%s\nat=%s\nby=%s\n' "$2" "$old" "$3" "${6:-restart}" "${pid:-}" "$(date +%s)" "$5" >"$state/.intent.$1" &&
    { [ -z "$from_colour$to_colour" ] || printf 'from=%s\nto=%s\n' "$from_colour" "$to_colour" >>"$state/.intent.$1"; } &&
    durable "$state/.intent.$1" && mv -T "$state/.intent.$1" "$state/intent.$1" && durable "$state" ||
    { fail SWITCH_FAILED "writing the intent"; return; }
  step intended
  if ! said=$(later "$4" "$(timer "$1")" revert "$1"); then
    rm -f "$state/intent.$1"; fail SWITCH_FAILED "arming the timer: $said"; return
  fi
  step armed; switched=$1
  if ! said=$(apart "slipway-$service-switch-$1" switch "$1"); then
    do_revert "$1" unswitched >/dev/null; fail SWITCH_FAILED "starting the switch: $said"; return
  fi
  printf '@ok\n'
}

# The files that systemd has loaded the service from, with their hashes; $seen has the paths of its unit.
files_loaded() {
  seen_of FragmentPath; paths=$property
  seen_of DropInPaths; paths="$paths $property"
  for other in "$socket" "$schedule"; do
    [ ! -e "$units/$other" ] || paths="$paths $(systemctl show "$other" -p FragmentPath,DropInPaths --value 2>/dev/null)"
  done
  (set -f; sums_of $paths)
}

serve_confirm() { # TOKEN PID RESTARTS: unless it is another process by now; PID 0: whatever runs
  safe "$1" && number "$2" && number "$3" || { fail NAME_REFUSED "$1 $2 $3"; return; }
  wear_tried "$1"
  seen=$(systemctl show "$unit" -p ActiveState,MainPID,NRestarts,FragmentPath,DropInPaths 2>/dev/null)
  if [ "$2" -gt 0 ] && [ -e "$state/intent.$1" ] && ! steady "$2" "$3"; then
    fail NOT_STEADY "$(printf '%s\n' "$seen" | grep -v Path=)"; return
  fi
  # what is open already stays open: only a new connection shows that one comes through
  if [ "${switched:-}" = "$1" ] && read_intent "$state/intent.$1" 2>/dev/null && closes "$new" "$old"; then
    fail CONFIRM_ANEW "$1"; return
  fi
  if mv -T "$state/intent.$1" "$state/confirmed.$1" 2>/dev/null && durable "$state"; then
    step confirming
    systemctl stop "$(timer "$1").timer" 2>/dev/null
    read_intent "$state/confirmed.$1" && remember "$1" confirmed && rest_of_former ''
    rm -f "$state/confirmed.$1" "$state/.sum.$1"
    result "$1" confirmed
    step confirmed
    fact files "$(files_loaded)"
    printf '@ok\n'
  elif [ "$(cat "$state/result.$1" 2>/dev/null)" = confirmed ]; then
    fact files "$(files_loaded)"
    printf '@ok\n' # asked again over a new connection
  else
    fail CONFIRM_LOST "$(cat "$state/result.$1" 2>/dev/null)"
  fi
}

serve_revert() { # TOKEN WHY
  safe "$1" && safe "$2" || { fail NAME_REFUSED "$1 $2"; return; }
  do_revert "$1" "$2" >/dev/null 2>&1; code=$?
  how=$(cat "$state/result.$1" 2>/dev/null)
  if [ -z "$how" ] && [ $code -eq 0 ]; then
    # a full disk has no room for the result
    how="reverted $2 $([ -L "$dir/current" ] && echo old || echo none)"
  elif [ -z "$how" ] && [ ! -e "$state/reverting.$1" ]; then
    how=unswitched # no trace of it: it never began
  fi
  wear_served
  fact result "$how"
  look_at_unit; fact_unit
  printf '@ok\n'
}
