# Second half of the agent: what the runner may ask for. Follows switch.sh in one program.

take() { # BYTES: exactly so many of standard input
  [ "$1" -lt 65536 ] || dd bs=65536 count=$(($1 / 65536)) iflag=fullblock 2>/dev/null
  [ $(($1 % 65536)) -eq 0 ] || dd bs=$(($1 % 65536)) count=1 iflag=fullblock 2>/dev/null
}

serve_facts() { # SERVICE DIRECTORY
  locate "$2" "$1" || { fail NAME_REFUSED "$1 in $2"; return; }
  fact machine "$(uname -m)"
  fact uid "$(id -u)"
  fact systemd "$(systemctl --version 2>/dev/null | head -n 1)"
  there=$dir; while [ ! -d "$there" ]; do there=${there%/*}; there=${there:-/}; done
  fact space "$(df -Pk "$there" 2>/dev/null | awk 'NR==2{print $4}')"
  fact inodes "$(df -Pi "$there" 2>/dev/null | awk 'NR==2{print $4}')"
  fact listening "$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '$4=="0A"{split($2,a,":"); print a[2]}')"
  for tool in flock systemd-run sha256sum base64 gzip awk; do command -v $tool >/dev/null || fact lacking $tool; done
  fact unit "$(serve_unit)"
  [ -e "$units/$unit" ] && grep -qx "X-Slipway=$dir" "$units/$unit" && fact ours yes
  [ -d "$dir" ] && fact directory "$([ -d "$state" ] && echo ours || ls -A "$dir")"
  current=$(readlink "$dir/current" 2>/dev/null) && fact current "${current#releases/}"
  fact releases "$(ls "$dir/releases" 2>/dev/null)"
  fact blobs "$(ls "$dir/blobs" 2>/dev/null)"
  fact history "$(tail -n 200 "$state/history" 2>/dev/null)"
  fact pending "$(cd "$state" 2>/dev/null && ls -d intent.* reverting.* 2>/dev/null)"
  fact holder "$(cat "$state/holder" 2>/dev/null)"
  [ -e "$state/lock" ] && ! flock -n "$state/lock" true 9>&- && fact locked yes
  fact unit-file "$(cat "$units/$unit" 2>/dev/null)"
  # names only: values never leave the host
  fact variables "$(sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=".*/\1/p' "$dir/current/environment" 2>/dev/null)"
  printf '@ok\n'
}

serve_unit() {
  systemctl show "$unit" -p LoadState,ActiveState,SubState,Job,MainPID,NRestarts,Result,ExecMainPID,ExecMainStatus,ExecMainCode,FragmentPath,InvocationID,ActiveEnterTimestampMonotonic,ActiveExitTimestampMonotonic,UnitFileState 2>/dev/null
  pid=$(show MainPID); [ "${pid:-0}" -gt 0 ] && printf 'Exe=%s\n' "$(readlink "/proc/$pid/exe" 2>/dev/null)"
}

serve_lock() { # TOKEN WHO
  case $(ls -A "$dir" 2>/dev/null) in '') ;; *) [ -d "$state" ] || { fail DIRECTORY_FOREIGN "$dir"; return; };; esac
  mkdir -p "$dir/blobs" "$dir/releases" "$state" && chmod 700 "$state" || { fail DIRECTORY_FAILED "$dir"; return; }
  exec 9>>"$state/lock"
  if ! flock -n 9; then
    exec 9>&-
    fail LOCKED "$(cat "$state/holder" 2>/dev/null)"
    return
  fi
  printf '%s\n' "$2" >"$state/.holder" && mv -T "$state/.holder" "$state/holder"
  printf '%s\n' "$program" >"$state/.agent.$$" && durable "$state/.agent.$$" && mv -T "$state/.agent.$$" "$state/agent.sh" ||
    { fail DIRECTORY_FAILED "$state"; return; }
  settle superseded >/dev/null
  printf '@ok\n'
}

serve_blob() { # SHA256 BYTES, then gzip of it
  safe "$1" && number "$2" || { fail NAME_REFUSED "$1 $2"; exit 1; }
  part=$dir/blobs/.part.$$
  # what is not read now would be taken for the next request: after an error the conversation is over
  growing "$part"
  take "$2" | (umask 077; gzip -dc >"$part") || { rm -f "$part"; fail UPLOAD_FAILED "writing $part"; exit 1; }
  idle 300
  sum=$(sha256sum "$part"); sum=${sum%% *}
  [ "$sum" = "$1" ] || { rm -f "$part"; fail UPLOAD_DAMAGED "sha256 $sum"; exit 1; }
  chmod 755 "$part" && durable "$part" && mv -T "$part" "$dir/blobs/$1" && durable "$dir/blobs" ||
    { fail UPLOAD_FAILED "$dir/blobs/$1"; exit 1; }
  printf '@ok\n'
}

serve_release() { # ID BINARY SHA256 UNIT-BYTES ENVIRONMENT-BYTES MANIFEST-BYTES, then these
  number "$4" && number "$5" && number "$6" || { fail NAME_REFUSED "$4 $5 $6"; exit 1; }
  new=$dir/releases/.new.$$; mkdir -p "$new"
  take "$4" >"$new/unit"; (umask 077; take "$5" >"$new/environment"); take "$6" >"$new/release.json"
  { safe "$1" && safe "$2" && safe "$3"; } || { rm -rf "$new"; fail NAME_REFUSED "$1 $2 $3"; return; }
  grep -qx "X-Slipway=$dir" "$new/unit" || { rm -rf "$new"; fail NAME_REFUSED "the unit is not of $dir"; return; }
  sum=$(sha256sum "$dir/blobs/$3" 2>/dev/null)
  [ "${sum%% *}" = "$3" ] || { rm -rf "$new" "$dir/blobs/$3"; fail UPLOAD_DAMAGED "$dir/blobs/$3"; return; }
  ln "$dir/blobs/$3" "$new/$2" && durable "$new/unit" "$new/environment" "$new/release.json" "$new" ||
    { rm -rf "$new"; fail RELEASE_FAILED "$dir/releases/$1"; return; }
  before=$dir/releases/$1
  if cmp -s "$before/unit" "$new/unit" && cmp -s "$before/environment" "$new/environment" && [ "$before/$2" -ef "$new/$2" ]; then
    rm -rf "$new"
  elif [ -d "$before" ]; then
    # the same content as before; what somebody changed on the host meanwhile is put right
    mv -T "$dir/releases/$1" "$dir/releases/.new.$$.before" && mv -T "$new" "$dir/releases/$1"
    rm -rf "$dir/releases/.new.$$.before"
  else
    mv -T "$new" "$dir/releases/$1"
  fi || { fail RELEASE_FAILED "$dir/releases/$1"; return; }
  durable "$dir/releases"
  printf '@ok\n'
}

# Whether systemd would load the unit as it would be, drop-ins of the host included: nothing has been changed yet.
serve_verify() { # ID
  safe "$1" && [ -e "$dir/releases/$1/unit" ] || { fail RELEASE_MISSING "$1"; return; }
  command -v systemd-analyze >/dev/null || { fact skipped systemd-analyze; printf '@ok\n'; return; }
  trial=$(mktemp -d) || { fail DIRECTORY_FAILED "the folder for temporary files"; return; }
  # what "current" leads to is looked at before it leads there
  sed "s|$dir/current/|$dir/releases/$1/|g" "$dir/releases/$1/unit" >"$trial/$unit"
  said=$(systemd-analyze verify --man=no "$trial/$unit" 2>&1 </dev/null) && loads=yes || loads=no
  rm -rf "$trial"
  # it looks at what the unit needs, too, whose faults are not ours
  said=$(printf '%s\n' "$said" | grep -F -e "$trial/" -e "/$unit.d/" -e "$unit:" | sed "s|$trial/||g" | head -n 10)
  [ -z "$said" ] || fact said "$said"
  [ $loads = yes ] || [ -z "$said" ] || { fail UNIT_REFUSED "$said"; return; }
  printf '@ok\n'
}

serve_switch() { # TOKEN ID KIND SECONDS WHO
  safe "$1" && safe "$2" && safe "$3" && number "$4" && [ -e "$dir/releases/$2/unit" ] || { fail RELEASE_MISSING "$2"; return; }
  old=$(readlink "$dir/current" 2>/dev/null); old=${old#releases/}
  put_guard || { fail SWITCH_FAILED "installing $guard"; return; }
  printf 'new=%s\nold=%s\nkind=%s\nat=%s\nby=%s\n' "$2" "$old" "$3" "$(date +%s)" "$(printf %s "$5" | base64 | tr -d '\n')" >"$state/.intent.$1" &&
    durable "$state/.intent.$1" && mv -T "$state/.intent.$1" "$state/intent.$1" && durable "$state" ||
    { fail SWITCH_FAILED "writing the intent"; return; }
  if ! said=$(systemd-run --quiet --collect --on-active="$4" --timer-property=AccuracySec=1s --unit="$(timer "$1")" \
    /bin/sh "$state/agent.sh" revert "$dir" "$service" "$1" 2>&1 9>&-); then
    rm -f "$state/intent.$1"; fail SWITCH_FAILED "arming the timer: $said"; return
  fi
  if ! said=$(systemd-run --quiet --no-block --collect --unit="slipway-$service-switch-$1" \
    /bin/sh "$state/agent.sh" switch "$dir" "$service" "$1" 2>&1 9>&-); then
    do_revert "$1" unswitched >/dev/null; fail SWITCH_FAILED "starting the switch: $said"; return
  fi
  printf '@ok\n'
}

# At boot, before the service: an intent that nobody confirmed is taken back.
put_guard() {
  cat >"$state/guard.unit" <<UNIT
[Unit]
Description=Takes back an unconfirmed release of $service
Before=$unit
ConditionPathExistsGlob=|$state/intent.*
ConditionPathExistsGlob=|$state/reverting.*
X-Slipway=$dir

[Service]
Type=oneshot
ExecStart=/bin/sh $state/agent.sh guard $dir $service

[Install]
WantedBy=multi-user.target
UNIT
  cmp -s "$state/guard.unit" "$units/$guard" && return 0
  put_unit "$state/guard.unit" "$guard" && systemctl daemon-reload && systemctl enable --quiet "$guard"
}

serve_watch() { # TOKEN yes|no: whether to hash the running file
  safe "$1" || { fail NAME_REFUSED "$1"; return; }
  fact result "$(cat "$state/result.$1" 2>/dev/null)"
  fact unit "$(serve_unit)"
  if [ "$2" = yes ]; then
    pid=$(show MainPID)
    sum=$(sha256sum "/proc/$pid/exe" 2>/dev/null); fact sha256 "${sum%% *}"
  fi
  printf '@ok\n'
}

serve_confirm() { # TOKEN
  safe "$1" || { fail NAME_REFUSED "$1"; return; }
  if mv -T "$state/intent.$1" "$state/confirmed.$1" 2>/dev/null && durable "$state"; then
    systemctl stop "$(timer "$1").timer" 2>/dev/null
    read_intent "$state/confirmed.$1" && remember "$1" confirmed
    rm -f "$state/confirmed.$1"
    result "$1" confirmed
    printf '@ok\n'
  elif [ "$(cat "$state/result.$1" 2>/dev/null)" = confirmed ]; then
    printf '@ok\n' # asked again over a new connection
  else
    fail CONFIRM_LOST "$(cat "$state/result.$1" 2>/dev/null)"
  fi
}

serve_revert() { # TOKEN WHY
  safe "$1" && safe "$2" || { fail NAME_REFUSED "$1 $2"; return; }
  do_revert "$1" "$2" >/dev/null 2>&1
  # no trace of it: the switch never began
  [ -e "$state/result.$1" ] || [ -e "$state/reverting.$1" ] || fact result unswitched
  fact result "$(cat "$state/result.$1" 2>/dev/null)"
  fact unit "$(serve_unit)"
  printf '@ok\n'
}

serve_manifest() { # ID
  safe "$1" || { fail NAME_REFUSED "$1"; return; }
  [ -e "$dir/releases/$1/release.json" ] || { fail RELEASE_MISSING "$1"; return; }
  fact manifest "$(cat "$dir/releases/$1/release.json")"
  printf '@ok\n'
}

serve_journal() { # TOKEN LINES: since the switch, by this host's clock
  safe "$1" && number "$2" || { fail NAME_REFUSED "$1 $2"; return; }
  at=; for file in "$state/intent.$1" "$state/reverting.$1"; do [ -e "$file" ] && at=$(sed -n 's/^at=//p' "$file"); done
  fact journal "$(journalctl --unit="$unit" ${at:+"--since=@$at"} --lines="$2" --output=cat --no-pager 2>/dev/null)"
  # systemd's own words: its properties show the last end only until the next start
  fact ended "$(journalctl _PID=1 UNIT="$unit" ${at:+"--since=@$at"} --output=cat --no-pager 2>/dev/null |
    grep -F ': Main process exited, ' | tail -n 1)"
  printf '@ok\n'
}

serve_prune() { # ID...
  for id; do
    safe "$id" && [ "$(readlink "$dir/current")" != "releases/$id" ] && rm -rf "${dir:?}/releases/$id"
  done
  # a blob that no release links to any more
  find "$dir/blobs" -type f -links 1 -exec rm -f {} +
  printf '@ok\n'
}

# A runner that went silent must not hold the lock: a half-open connection lasts for hours.
idle() { # SECONDS
  [ -z "${dog:-}" ] || kill "$dog" 2>/dev/null
  ( trap 'kill $nap 2>/dev/null; exit' TERM; sleep "$1" & nap=$!; wait $nap; kill -TERM 0 ) 9>&- >/dev/null 2>&1 </dev/null &
  dog=$!
}

# The same while a file is on its way: it may take long, but not stand still.
growing() { # FILE
  [ -z "${dog:-}" ] || kill "$dog" 2>/dev/null
  (
    trap 'kill $nap 2>/dev/null; exit' TERM; was=none
    while sleep "$patience" & nap=$!; wait $nap; do
      now=$(wc -c 2>/dev/null <"$1") || now=0
      [ "$now" != "$was" ] || { rm -f "$1"; kill -TERM 0; }
      was=$now
    done
  ) 9>&- >/dev/null 2>&1 </dev/null &
  dog=$!
}

serve() {
  trap '[ -z "${dog:-}" ] || kill "$dog" 2>/dev/null' EXIT
  dog=; dir=
  patience=${SLIPWAY_AGENT_IDLE:-60}; number "$patience" || patience=60
  idle "$patience"
  printf '@slipway-agent 1\n'
  while IFS=' ' read -r verb words; do
    set -f; set --
    for word in $words; do
      if [ "$word" = = ]; then set -- "$@" ''; else set -- "$@" "$(printf %s "$word" | base64 -d)"; fi
    done
    set +f
    # longer where a service is waited for or a file is on its way; the runner has deadlines of its own
    case $verb in lock|revert) idle 300;; *) idle "$patience";; esac
    # everything else is about the service that "facts" has named
    [ -n "$dir" ] || [ "$verb" = facts ] || { fail NAME_REFUSED 'no service was named'; exit 1; }
    case $verb in
      facts|lock|blob|release|verify|switch|watch|confirm|revert|manifest|journal|prune) "serve_$verb" "$@" ;;
      *) fail VERB_UNKNOWN "$verb" ;;
    esac
    case $verb in lock|revert|blob) idle "$patience";; esac
  done
}

# By systemd: VERB DIRECTORY SERVICE [TOKEN]. By the runner: nothing.
case ${1:-serve} in
  serve) serve ;;
  switch|revert|guard)
    locate "$2" "$3" || exit 2
    case $1 in
      switch) do_switch "$4" ;;
      revert) do_revert "$4" timeout ;;
      guard) settle reboot boot ;;
    esac ;;
  *) exit 2 ;;
esac
