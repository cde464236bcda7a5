# Going back where no switch is under way: by a person on the host, and a first release whose batch goes back. Follows
# switch.sh in one program.

# By a person, as root, without a runner: to a release that is here, with all that belongs to it.
roll_back() { # RELEASE
  safe "$1" && [ -e "$dir/releases/$1/unit" ] ||
    { echo "there is no release $1 of $service; there are:" $(ls "$dir/releases" 2>/dev/null) >&2; return 1; }
  exec 9>>"$state/lock"
  flock -n 9 || { echo "$service is being deployed: $(cat "$state/holder")" >&2; return 1; }
  settle superseded >/dev/null
  exec 8>"$state/switch.lock"; hold 8 60 || { echo "$service is being switched" >&2; return 1; }
  new=$(readlink "$dir/current"); new=${new#releases/}
  old=$1; kind=rollback; way=restart; was=; by=$(printf '%s, by hand' "${SUDO_USER:-$(id -un)}" | base64 | tr -d '\n')
  start_beside_by_hand "$old" || { echo "$service: $old does not come up: journalctl $of_unit=$unit" >&2; return 1; }
  revert_to_old ''; rest_of_tried ''
  set -- "$new"; new=$old; old=$1
  remember hand confirmed
  [ "$outcome" = old ] || { echo "$service: $new is current and does not come up: journalctl $of_unit=$unit" >&2; return 1; }
  echo "$service: $new serves"
}

# The other colour takes over when it is up.
start_beside_by_hand() { # RELEASE → from_colour and to_colour, as taking back a switch has them
  choose_colours "$1"; set -- "$1" "$from_colour"
  from_colour=$to_colour to_colour=$2
  [ -n "$from_colour" ] || return 0
  wear "$from_colour"; how=restart
  start_beside "$1" || return 1
  tries=0
  until look_at_process; settled "$1"; do
    tries=$((tries + 1)); [ $tries -lt 450 ] || { rest "$from_colour" ''; return 1; }
    sleep 0.1 2>/dev/null || { sleep 1; tries=$((tries + 9)); }
  done
}

# A first release that was confirmed, when the hosts that it came to go back together: as before, nothing is served.
serve_withdraw() { # TOKEN ID WHO
  safe "$1" && safe "$2" && [ "$(readlink "$dir/current")" = "releases/$2" ] || { fail RELEASE_MISSING "$2"; return; }
  printf 'new=%s\nold=\nkind=deploy\nat=%s\nby=%s\n' "$2" "$(date +%s)" "$(printf %s "$3" | base64 | tr -d '\n')" >"$state/.intent.$1" &&
    durable "$state/.intent.$1" && mv -T "$state/.intent.$1" "$state/intent.$1" ||
    { fail SWITCH_FAILED "writing the intent"; return; }
  serve_revert "$1" withdrawn
}
