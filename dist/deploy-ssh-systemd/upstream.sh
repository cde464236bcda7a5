# Takes a server out of an upstream of nginx, and brings it in again: "down" is written behind its address by rename, the
# whole configuration is tested, and nginx reads it again. On the balancer's host; has nothing to do with a service there.
mark=' down; # taken out by Slipway'
run=/run/slipway

# What is written in a line goes away without a trace.
set_upstream() { # FILE SERVER UNIT down|up|ask → was (up, down, ours; last or only: up alone, only as others are out by us); or fails with what is wrong
  file=$(readlink -f "$1" 2>/dev/null)
  [ -f "$file" ] || { fail UPSTREAM_MISSING "$1"; return 1; }
  exec 7>>"$run/system.lock"; flock -w 20 7 || { fail UPSTREAM_BUSY "$file"; return 1; }
  was=$(awk -v server="$2" -v mark="$mark" '
    $1 != "server" || $2 == "{" { next }
    { address = $2; sub(/;.*/, "", address); state = index($0, mark) ? "ours" : $0 ~ /[ \t]down[ \t;]/ ? "down" : "up" }
    address == server { found = state; next }
    state == "ours" { out++ }
    state == "up" && $0 !~ /[ \t]backup[ \t;]/ { others++ }
    END { print found == "" ? "missing" : found == "up" && !others ? (out ? "only" : "last") : found }' "$file")
  case $was$4 in
    missing*) fail UPSTREAM_MISSING "server $2 in $file"; return 1 ;;
    *ask) return 0 ;;
    lastdown) fail UPSTREAM_LAST "$2 in $file"; return 1 ;;
    onlydown) fail UPSTREAM_TAKEN "$2 in $file"; return 1 ;;
    down*|oursdown|upup|lastup|onlyup) return 0 ;;
  esac
  new=${file%/*}/.slipway.$$
  cp -p "$file" "$new" && cp -p "$file" "$new.before" && awk -v server="$2" -v mark="$mark" -v to="$4" '
    { address = $2; sub(/;.*/, "", address); at = to == "down" ? index($0, ";") : index($0, mark) }
    $1 == "server" && address == server && at {
      print substr($0, 1, at - 1) (to == "down" ? mark : ";") substr($0, at + (to == "down" ? 1 : length(mark))); next
    }
    { print }' "$file" >"$new" && durable "$new" && mv -T "$new" "$file" ||
    { rm -f "$new" "$new.before"; fail UPSTREAM_FAILED "writing $file"; return 1; }
  if said=$(nginx -t -q 2>&1) && said=$(systemctl reload "$3" 2>&1) && has_read "$3"; then rm -f "$new.before"; return 0; fi
  mv -T "$new.before" "$file"
  fail UPSTREAM_FAILED "$said"; return 1
}

# A reload returns before nginx has read anything: done it is when there are workers that were not there before.
has_read() { # UNIT; workers: those of before
  tries=0
  until [ -n "$(children "$1" | grep -vxF "${workers:-none}")" ]; do
    tries=$((tries + 1)); [ $tries -lt 100 ] || { said="no new workers of $1 within 10 s"; return 1; }
    sleep 0.1 2>/dev/null || { sleep 1; tries=$((tries + 9)); }
  done
}

children() { # UNIT: process ids of what its main process started
  cat /proc/[0-9]*/stat 2>/dev/null |
    awk -v parent="$(systemctl show "$1" -p MainPID --value 2>/dev/null)" 'parent > 0 && $4 == parent {print $1}'
}

serve_upstream() { # FILE SERVER UNIT down|up|ask SECONDS
  [ -z "${confined:-}" ] || { fail UPSTREAM_FORBIDDEN "$1"; return; }
  case $1 in [!/]*|''|*[!A-Za-z0-9_./-]*|*/.*|*//*) fail NAME_REFUSED "$1"; return;; esac
  case $2 in ''|-*|*[!]A-Za-z0-9_.:/[-]*) fail NAME_REFUSED "$2"; return;; esac
  safe "$3" && number "$5" && case $4 in down|up|ask) ;; *) false;; esac || { fail NAME_REFUSED "$3 $4 $5"; return; }
  mkdir -p -m 700 "$run" || { fail UPSTREAM_FAILED "$run"; return; }
  note_of "$1" "$2"
  # first, as a server that is out for good serves nobody
  [ "$4" != down ] || arm "$5" nginx "$1" "$2" "$3" || return
  workers=$(children "$3")
  # the runner may end the agent as soon as it reads that this failed: the timer goes before
  if wrong=$(set_upstream "$1" "$2" "$3" "$4" && printf '%s\n' "$was"); then good=yes; else good=; fi
  was=$wrong
  case $4$good in
    ask*|up) ;;
    downyes) [ "$was" != down ] || disarm ;;
    *) disarm ;;
  esac
  [ -n "$good" ] || { printf '%s\n' "$wrong"; return 1; }
  fact was "$was"
  case $was in up|last|only) fact workers "$workers";; esac
  printf '@ok\n'
}

serve_alive() { # PIDS: those that still are there
  fact alive "$(for pid in $1; do number "$pid" && [ -e "/proc/$pid/stat" ] && echo "$pid"; done)"
  printf '@ok\n'
}
