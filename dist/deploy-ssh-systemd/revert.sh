# Taking back what nobody confirmed, and ending what a dead runner left.

# 3: somebody else has won (confirmed, or taken back already). "boot" only puts the files right: systemd starts later.
do_revert() { # TOKEN WHY [boot]
  mv -T "$state/intent.$1" "$state/reverting.$1" 2>/dev/null || [ -e "$state/reverting.$1" ] || return 3
  durable "$state"
  (
    hold 8 120 || exit 1
    [ -e "$state/reverting.$1" ] || exit 0
    read_intent "$state/reverting.$1" || exit 1
    step reverting
    if [ -n "$old" ] && [ -e "$dir/releases/$old/unit" ]; then revert_to_old "${3:-}"; rest_of_tried "${3:-}"; else revert_to_none "${3:-}"; fi
    remember "$1" "reverted-$2"
    result "$1" "reverted $2 $outcome"
    rm -f "$state/reverting.$1"; durable "$state"
    step reverted
    systemctl stop "$(timer "$1").timer" 2>/dev/null
    exit 0
  ) 8>"$state/switch.lock"
}

revert_to_old() { # boot|''
  [ -z "$from_colour$to_colour" ] || wear "$from_colour"
  choose_way "$new" "$old" "$way"
  [ -n "$1" ] || leave_containers "$new" "$old"
  # what was in the way may not be any more, and nobody else takes it back
  activate "$old" "$1" || activate "$old" "$1" || echo "${said:-}" >&2
  systemctl reset-failed "$unit" 2>/dev/null # a crash loop has used up the start limit
  outcome=old
  if [ -n "$1" ]; then move_listener boot; queue_at_boot "$new" "$old"; return 0; fi
  look_at_process
  end_run_of "$new"
  if is_job "$old" || [ "$how" = reload ] || [ -n "$moves" ] || ! runs "$old" || { [ -z "$from_colour" ] && ! stayed; }; then enter; fi
  # up to 45 s for the old release to be up again: whoever asks wants to know what serves now. An automatic restart may
  # have started it just before ours: only when no job is queued any more it stays that process.
  tries=0
  until look_at_process; settled "$old"; do
    tries=$((tries + 1)); [ $tries -lt 450 ] || { outcome=down; return; }
    # a program that does not follow its signal is started anew
    [ "$how" = restart ] || [ $tries -lt 100 ] || { how=restart; enter; }
    sleep 0.1 2>/dev/null || { sleep 1; tries=$((tries + 9)); }
  done
}

# Whether the main process is still the one from before the switch. One that systemd started by itself meanwhile may have
# the unit of one release and the program of the other; who was handed a listener has a unit that is the same in both.
stayed() {
  seen_of MainPID; [ $how = upgrade ] || [ "$property" = "$was" ]
}

revert_to_none() { # boot|''
  outcome=none
  drop_colours "$1"
  drop_schedule "$1"
  if is_ours "$socket"; then systemctl stop ${1:+--no-block} "$socket" "$unit"; drop_unit "$socket"; fi
  if ! foreign; then systemctl stop ${1:+--no-block} "$unit"; drop_unit "$unit"; put_drop_in /nowhere; fi
  put_system /nowhere "$1"
  rm -f "$dir/current"; durable "$dir"
  # the guard last: until here it is what finishes this after a power cut
  drop_unit "$guard"
  systemctl daemon-reload
  systemctl reset-failed "$unit" 2>/dev/null
}

# Ends what a dead runner left: called by the boot guard, and by whoever has the lock.
settle() { # WHY [boot]
  end_smoke
  rm -rf "$live/login"
  for file in "$state"/confirmed.*; do
    [ -e "$file" ] && read_intent "$file" && remember "${file##*/confirmed.}" confirmed && rest_of_former "${2:-}" && rm -f "$file"
  done
  for file in "$state"/intent.* "$state"/reverting.*; do
    [ -e "$file" ] || continue
    left=${file##*/}; do_revert "${left#*.}" "$@"
  done
  for file in "$dir"/.current.* "$dir"/releases/.new.* "$state"/.result.* "$state"/.sum.*; do
    if [ -e "$file" ] || [ -L "$file" ]; then rm -rf "$file"; fi
  done
  # parts of an upload stay for the next one to go on from
  for file in $(find "$dir/blobs" "$state" \( -name '.part.*' -mtime +1 \) -o \( -name 'result.*' -mtime +7 \) \
    -o \( -name steps -type f -size +63 \) 2>/dev/null); do
    if [ "$file" = "$state/steps" ]; then tail -n 200 "$file" >"$state/.steps" && mv -T "$state/.steps" "$file"; else rm -f "$file"; fi
  done
}
