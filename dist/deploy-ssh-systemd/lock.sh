# One deployment of a service at a time: the lock is held for as long as the conversation lasts.

serve_lock() { # TOKEN WHO
  [ -d "$state" ] || case $(ls -A "$dir" 2>/dev/null) in '') ;; *) fail DIRECTORY_FOREIGN "$dir"; return;; esac
  [ -z "$manager" ] || { lingering && mkdir -p "$units"; } || { fail LINGER_DENIED "$(id -un)"; return; }
  { [ -d "$dir/blobs" ] && [ -d "$dir/releases" ] && [ -d "$state" ]; } ||
    { mkdir -p "$dir/blobs" "$dir/releases" "$state" && chmod 700 "$state"; } || { fail DIRECTORY_FAILED "$dir"; return; }
  # asked again by who has it, it is not let go in between
  [ -n "${held:-}" ] || exec 9>>"$state/lock"
  if ! flock -n 9; then
    exec 9>&-
    fail LOCKED "$(cat "$state/holder" 2>/dev/null)"
    return
  fi
  held=yes
  printf '%s\n' "$2" >"$state/.holder" && mv -T "$state/.holder" "$state/holder"
  printf '%s\n' "$program" | cmp -s - "$state/agent.sh" ||
    { printf '%s\n' "$program" >"$state/.agent.$$" && durable "$state/.agent.$$" && mv -T "$state/.agent.$$" "$state/agent.sh"; } ||
    { fail DIRECTORY_FAILED "$state"; return; }
  settle superseded >/dev/null
  wear_served
  step locked
  printf '@ok\n'
}
