# What becomes of the process that was started: told when there is news.

serve_watch() { # TOKEN yes|no TENTHS [PID RESTARTS]: hashes the running file; waits up to so long until there is news
  safe "$1" && number "$3" && number "${4:-0}" && number "${5:-0}" || { fail NAME_REFUSED "$1 $3"; return; }
  wear_tried "$1"
  hashing=; [ "$2" != yes ] || hash_meanwhile "$1"
  clock; end=$((at + $3 * 10)) asked=0
  while began=$at; no_news "$1" "${4:-0}" "${5:-0}"; do
    clock; [ "$at" -lt "$end" ] || break
    # the longer a look takes, the rarer they are: on a busy host it is they that a start would wait for
    case $((at - began)) in 0|1|2) nap=0.05;; 3|4|5) nap=0.2;; *) nap=0.5;; esac
    [ "${4:-0}" -eq 0 ] || [ $nap != 0.05 ] || nap=0.1
    sleep $nap 2>/dev/null || sleep 1
    clock
  done
  fact result "$now"
  [ -n "$seen" ] || look_at_unit
  fact_unit
  fact_schedule
  [ -z "$hashing" ] || wait "$hashing"
  [ "$2" != yes ] || fact_running_of "$1"
  printf '@ok\n'
}

clock() { read -r at rest </proc/uptime; at=${at%.*}${at#*.}; } # → at: hundredths of a second

# The program that is being started is hashed while it starts, once for a switch, unless it was hashed as it came.
hash_meanwhile() { # TOKEN → hashing
  [ ! -e "$state/.sum.$1" ] && [ -e "$state/intent.$1" ] && read_intent "$state/intent.$1" || return
  ! came_as "$dir/releases/$new/$service" || return
  # one that waits for a share which hangs does not keep the lock
  { sha256sum <"$dir/releases/$new/$service" >"$state/.sum.$1"; } 2>/dev/null 9>&- & hashing=$!
}

# Whether a file came in this conversation, and nobody has written to it since it was hashed.
came_as() { # FILE → sum
  for name in $hashed; do
    [ "$dir/blobs/$name" -ef "$1" ] && [ "$state/.sum.$name" -nt "$1" ] && sum=${name%%.*} && return
  done
  return 1
}

# What the service runs: the file that was hashed, when it is that and nobody has written to it since.
fact_running_of() { # TOKEN
  program_of_service || { fact sha256 ''; return; }
  ! came_as "$bytes" || { fact sha256 "$sum"; return; }
  if [ -e "$state/.sum.$1" ] && read_intent "$state/intent.$1" 2>/dev/null; then
    file=$dir/releases/$new/$service
    if [ "$file" -ef "$bytes" ] && [ "$state/.sum.$1" -nt "$file" ] && read -r sum rest <"$state/.sum.$1"; then
      fact sha256 "$sum"; return
    fi
  fi
  fact_running
}

# Whether all is as it was: with a PID, the process stays; without one, the switch or the start is under way.
no_news() { # TOKEN PID RESTARTS → now: the result, seen: what systemd says where it was asked
  seen=; now=; [ ! -e "$state/result.$1" ] || read -r now <"$state/result.$1"
  case $now in 'switched timer') return 1;; 'switched '*) ;; '') return 0;; *) return 1;; esac
  # as long as the process is there, systemd is asked twice a second
  [ "$2" -eq 0 ] || [ ! -d "/proc/$2" ] || [ $((at - asked)) -ge 50 ] || return 0
  asked=$at
  look_at_unit
  if [ "$2" -gt 0 ]; then steady "$2" "$3"; return; fi
  seen_of Job; job=$property
  case $newline$seen in *"${newline}ActiveState=failed"*) [ -n "$job" ]; return;; esac
  # said once: how its process ended stands there until the next start only
  seen_of NRestarts; tries=$property
  case $seen in *SubState=auto-restart*) [ "$tries" = "${shown:-}" ] && return 0; shown=$tries; return 1;; esac
  case $newline$seen in *"${newline}ActiveState=active"*) ;; *) return 0;; esac
  [ -z "$job" ] || return 0
  read_intent "$state/intent.$1" || return 1
  # how it was brought in is said by the result
  how=${now#switched }; ! settled "$new"
}

steady() { # PID RESTARTS; $seen has the state
  case $seen in *ActiveState=active*|*ActiveState=reloading*) ;; *) return 1;; esac
  seen_of MainPID; [ "$property" = "$1" ] || return 1
  seen_of NRestarts; [ "$property" = "$2" ]
}
