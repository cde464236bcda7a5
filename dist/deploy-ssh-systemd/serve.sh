# The last part of the agent: takes the requests, and ends when nobody asks any more.

# A runner that went silent must not hold the lock: a half-open connection lasts for hours. What counts the seconds is told
# of a request by a signal, as starting it anew would cost more than most of them; anew it is started for another limit, as
# two signals may come in any order.
idle() { # SECONDS until the next call
  if [ -n "${dog:-}" ]; then
    [ "$limit" != "$1" ] || ! kill -USR1 "$dog" 2>/dev/null || return 0
    kill "$dog" 2>/dev/null
  fi
  trap '' USR1 # a call that comes before it listens
  ( count "$1" ) 9>&- >/dev/null 2>&1 </dev/null &
  dog=$! limit=$1
  trap - USR1
}

count() { # SECONDS; then all ends
  nap=
  trap 'kill $nap 2>/dev/null; exit' TERM
  trap 'told=yes' USR1
  spent=0 told=; if [ "$1" -lt 30 ]; then tick=1; else tick=5; fi
  while [ $spent -lt "$1" ]; do
    sleep $tick & nap=$!
    until wait $nap || ! kill -0 $nap; do :; done # a call interrupts it
    spent=$((spent + tick)); [ -z "$told" ] || spent=0 told=
  done
  kill -TERM 0
}

# The same while files are on their way: it may take long, but not stand still. What came stays for the next one.
growing() {
  [ -z "${dog:-}" ] || kill "$dog" 2>/dev/null
  (
    trap 'kill $nap 2>/dev/null; exit' TERM; was=none
    while sleep "$patience" & nap=$!; wait $nap; do
      now=$(ls -l "$dir/blobs" "$dir/blobs"/.part.* 2>/dev/null | cksum)
      [ "$now" != "$was" ] || kill -TERM 0
      was=$now
    done
  ) 9>&- >/dev/null 2>&1 </dev/null &
  dog=$! limit=
}

serve() {
  trap 'leave_share; [ -z "${smoking:-}" ] || end_smoke >/dev/null 2>&1; [ -z "${dog:-}" ] || kill "$dog" 2>/dev/null' EXIT
  dog=; limit=; dir=; failed=; hashed=
  if [ -n "$confined" ]; then
    program=$(cat "$installed")
    # the runner did not know that the program is here already
    IFS= read -r size && number "$size" && take "$size" >/dev/null || exit 1
  fi
  patience=${SLIPWAY_AGENT_IDLE:-60}; number "$patience" || patience=60
  idle "$patience"
  printf '@slipway-agent 1\n'
  while IFS=' ' read -r verb words; do
    set -f; set --
    for word in $words; do
      case $word in
        =) set -- "$@" '' ;;
        .*) set -- "$@" "${word#.}" ;;
        *) set -- "$@" "$(printf %s "$word" | base64 -d)" ;;
      esac
    done
    set +f
    # "+BYTES:VERB": only when the request before was carried out; the bytes that it brings are passed over otherwise
    case $verb in
      +*:*)
        bytes=${verb#+}; bytes=${bytes%%:*}; verb=${verb#*:}
        if [ -n "$failed" ]; then
          number "$bytes" || exit 1
          idle 300
          if [ "$verb" = upload ]; then pass_over_upload; else take "$bytes" >/dev/null; fi
          fail SKIPPED "$verb"
          idle "$patience"
          continue
        fi ;;
    esac
    # longer where a service is waited for or a file is on its way; the runner has deadlines of its own
    case $verb in lock|revert|traffic|confirm|release|verify|remove|withdraw|share_*|certify|smoke|smoke_end) idle 300;; fetch|pull) idle 840;; backup) idle 3700;; *) idle "$patience";; esac
    # everything else is about the service that "facts" has named
    [ -n "$dir" ] || case $verb in facts|look|share_open) ;; *) false;; esac || { fail NAME_REFUSED 'no service was named'; exit 1; }
    case $verb in
      facts|state|same|look|lock|upload|release|verify|try|try_system|system|certify|user|switch|traffic|watch|confirm|revert|manifest|journal|prune|upstream|haproxy|alive|remove|fetch|whole|withdraw|calendar|run|firewall|backup|containers|pull|around|checkup|smoke|smoke_look|smoke_signal|smoke_end) if "serve_$verb" "$@"; then failed=; else failed=yes; fi ;;
      share_look|share_open|share_lease|share_pin|share_unpin|share_publish|share_prune|share_leave) if "serve_$verb" "$@"; then failed=; else failed=yes; fi ;;
      bootstrap) if [ -z "$confined" ] && serve_bootstrap "$@"; then failed=; else failed=yes; [ -z "$confined" ] || fail VERB_UNKNOWN "$verb"; fi ;;
      share_end) leave_share; printf '@ok\n'; exit 0 ;;
      *) fail VERB_UNKNOWN "$verb"; failed=yes ;;
    esac
    case $verb in lock|revert|traffic|confirm|upload|release|verify|remove|withdraw|fetch|backup|share_*|certify|pull|smoke|smoke_end) idle "$patience";; esac
  done
}

# By systemd: VERB DIRECTORY SERVICE [TOKEN]. By a person: rollback DIRECTORY SERVICE RELEASE, restore DIRECTORY SERVICE [BACKUP]. By the runner: nothing.
case ${1:-serve} in
  serve) serve ;;
  switch|revert|guard|rollback|restore|unsmoke)
    locate "$2" "$3" || exit 2
    case $1 in
      switch) do_switch "$4" ;;
      revert) do_revert "$4" timeout ;;
      rollback) roll_back "$4" ;;
      restore) restore "${4:-}" ;;
      guard) settle reboot boot ;;
      unsmoke) end_smoke ;;
    esac ;;
  bring-in) bring_in "$2" ;;
  *) own_verbs "$@" ;;
esac
