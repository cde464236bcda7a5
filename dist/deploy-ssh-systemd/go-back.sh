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
  revert_to_old ''
  set -- "$new"; new=$old; old=$1
  remember hand confirmed
  [ "$outcome" = old ] || { echo "$service: $new is current and does not come up: journalctl $of_unit=$unit" >&2; return 1; }
  echo "$service: $new serves"
}

# A first release that was confirmed, when the hosts that it came to go back together: as before, nothing is served.
serve_withdraw() { # TOKEN ID WHO
  safe "$1" && safe "$2" && [ "$(readlink "$dir/current")" = "releases/$2" ] || { fail RELEASE_MISSING "$2"; return; }
  printf 'new=%s\nold=\nkind=deploy\nat=%s\nby=%s\n' "$2" "$(date +%s)" "$(printf %s "$3" | base64 | tr -d '\n')" >"$state/.intent.$1" &&
    durable "$state/.intent.$1" && mv -T "$state/.intent.$1" "$state/intent.$1" ||
    { fail SWITCH_FAILED "writing the intent"; return; }
  serve_revert "$1" withdrawn
}
