# What the runner wants to know of a host: the machine, the service, what is there of releases.

serve_facts() { # SERVICE DIRECTORY [USER PORT [SHA256...]]: of programs that may run already
  dir=; locate "$2" "$1" || { fail NAME_REFUSED "$1 in $2"; return; }
  permitted || { dir=; fail SERVICE_FORBIDDEN "$why"; return; }
  [ -z "${3:-}" ] || safe "$3" && { [ -z "${4:-}" ] || number "$4"; } || { fail NAME_REFUSED "${3:-} ${4:-}"; return; }
  fact path "$dir"
  own_facts
  own=${3:-} port=${4:-} version=$(systemctl --version 2>/dev/null)
  if [ $# -gt 4 ]; then shift 4; else set --; fi
  told_with_hash machine_facts "$@" && printf '@ok\n'
}

machine_facts() { # SHA256...: of programs that may run already
  kernel=$(uname -r -m)
  fact machine "${kernel##* }"
  fact kernel "${kernel% *}"
  fact uid "$own_uid"
  fact systemd "${version%%"$newline"*}"
  there=$dir; while [ ! -d "$there" ]; do there=${there%/*}; there=${there:-/}; done
  tables='part=processors /proc/cpuinfo /proc/meminfo part=connections'
  for table in /proc/net/tcp /proc/net/tcp6; do [ ! -e $table ] || tables="$tables $table"; done
  { df -Pk "$there"; df -Pi "$there"; } 2>/dev/null | awk '
    part == "" && $1 == "Filesystem" { tables++; next }
    part == "" && tables == 1 { space = $4; at = $6 }
    part == "" && tables == 2 { inodes = $2 > 0 ? $4 : "-" } # btrfs counts none
    part == "mounts" && $2 == at { options = $4 }
    part == "processors" && /^processor/ { cores++ }
    part == "processors" && $1 == "MemTotal:" { memory = $2 }
    part == "processors" && cpu == "" && /^(flags|Features)[^:]*: */ { cpu = $0; sub(/^[^:]*: */, "", cpu) }
    part == "connections" && $4 == "0A" { split($2, of, ":"); listening = listening " " of[2] }
    END {
      print "@text space " space; print "@text inodes " inodes; print "@text mount " at " " options
      print "@text cores " cores + 0; print "@text memory " memory; print "@text cpu " cpu; print "@text listening" listening
    }' - part=mounts /proc/mounts $tables
  [ -n "$own" ] && id -u "$own" >/dev/null 2>&1 && fact has-user yes
  [ -n "$port" ] && fact holder-of-port "$(holder_of "$port")"
  for tool in flock sha256sum base64 gzip awk $tools; do command -v $tool >/dev/null || fact lacking $tool; done
  ! command -v zstd >/dev/null || fact zstd yes
  [ ! -e /proc/net/if_inet6 ] || fact ipv6 yes
  ! certified || fact certified yes
  state_facts "$@"
}

# What a deployment changes of it.
serve_state() { # SHA256...: of programs that may run already
  told_with_hash state_facts "$@" && printf '@ok\n'
}

# Facts, and meanwhile the hash of what the service runs, where that is one of these programs: it takes longer.
told_with_hash() { # FACTS SHA256... → stamp, settled_facts: what "same" compares with
  facts=$1; shift
  # what runs is looked at, too
  if [ -e "$dir/current/on-share" ]; then share_of_current; answers "$share" || { share_hangs "$share"; return 1; }; fi
  docker_answers || { fail ENGINE_HANGS docker; return 1; }
  read -r stamp </proc/sys/kernel/random/uuid
  look_at_unit
  settled_facts=$(facts_of_state)
  runs_one_of "$@" || { $facts "$@"; return; }
  fact_running 9>&- & hashing=$!
  facts=$($facts "$@") # all at once: the other one writes into the same answer
  wait "$hashing"
  printf '%s\n' "$facts"
}

runs_one_of() { # SHA256...: of the store; $pid runs
  [ $# -gt 0 ] && program_of_service || return 1
  for sum; do safe "$sum" && { [ "$dir/blobs/$sum" -ef "$bytes" ] || grep -qsx "$sum  $service" "$dir/current/on-share"; } && return; done
  return 1
}

state_facts() { # SHA256...
  printf '%s\n' "$settled_facts"
  fact stamp "$stamp"
  if [ -d "$state" ]; then fact directory ours; elif [ -d "$dir" ]; then fact directory "$(ls -A "$dir")"; fi
  holder=; [ ! -e "$state/holder" ] || IFS= read -r holder <"$state/holder"
  fact holder "$holder"
  [ -e "$state/lock" ] && ! flock -n "$state/lock" true 9>&- && fact locked yes
  fact files "$(files_loaded)"
  fact_schedule
  ! runs_one_of "$@" || fact content "$(content_of_current)"
}

# What a deployment counts on, and what taking the lock does not change.
facts_of_state() {
  fact_unit
  if [ -f "$units/$unit" ]; then
    ours && fact ours yes
    fact unit-file "$(undressed "$units/$unit")"
    fact_timer_file
    [ ! -e "$units/$unit.d/50-slipway.conf" ] || fact drop-in "$(undressed "$units/$unit.d/50-slipway.conf")"
  fi
  facts_of_system
  [ ! -e "$units/$schedule" ] || is_ours "$schedule" || fact foreign-timer "$units/$schedule"
  [ -d "$dir" ] || return 0
  current=$(readlink "$dir/current" 2>/dev/null) && fact current "${current#releases/}"
  fact_colours
  [ ! -e "$dir/current/launch" ] || fact launch "$(cat "$dir/current/launch")"
  [ ! -e "$dir/current/container-image" ] || fact image "$(cat "$dir/current/container-image")"
  fact_names releases "$dir/releases" '*'
  fact_names blobs "$dir/blobs" '*'
  parts=; for part in "$dir/blobs"/.part.*; do [ ! -e "$part" ] || parts="$parts${part##*/.part.} $(wc -c <"$part")$newline"; done
  fact parts "${parts%"$newline"}"
  [ ! -s "$state/history" ] || fact history "$(tail -n 200 "$state/history")"
  fact_names pending "$state" 'intent.*' 'reverting.*'
  # names only: values never leave the host
  [ ! -s "$dir/current/environment" ] ||
    fact variables "$(sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=".*/\1/p' "$dir/current/environment" 2>/dev/null)"
  fact_names credentials "$dir/current/credentials" '*'
}

# What was sent along with the lock was made for what the runner has seen.
serve_same() { # STAMP
  look_at_unit
  [ "$1" = "${stamp:-}" ] && [ "$(facts_of_state)" = "$settled_facts" ] || { fail STATE_CHANGED "$service"; return; }
  printf '@ok\n'
}

fact_names() { # NAME FOLDER PATTERN...
  name=$1 folder=$2 names=; shift 2
  for pattern; do for path in "$folder"/$pattern; do [ ! -e "$path" ] || names="$names${path##*/}$newline"; done; done
  fact "$name" "${names%"$newline"}"
}

# Who listens on a port, when it is not the service: "nginx, pid 812, of nginx.service".
holder_of() { # PORT
  inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port=":$(printf %04X "$1")" '$4=="0A" && substr($2, length($2)-4)==port {print $10; exit}')
  [ -n "$inode" ] || return
  pid=$(ls -l /proc/[0-9]*/fd 2>/dev/null |
    awk -v socket="socket:[$inode]" '/^\/proc/{split($1,part,"/")} $NF==socket{print part[3]; exit}')
  [ -n "$pid" ] || { echo 'a process that cannot be seen'; return; }
  ! of_service "$pid" && ! of_docker "$pid" "$1" || return
  of=$(sed -n -e 's|.*/\([^/]*\.service\)\(/.*\)*$|\1|p' -e 's|.*/\([^/]*\.scope\)\(/.*\)*$|\1|p' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
  [ "$of" != "$unit" ] || return
  # systemd itself holds what it listens on for the service
  [ "$pid" != 1 ] || ! grep -qx "X-Slipway=$dir" "$units/$service.socket" 2>/dev/null || return
  echo "$(cat "/proc/$pid/comm"), pid $pid${of:+, of $of}"
}

# What systemd says of the unit.
look_at_unit() { # → seen, pid
  seen=$(systemctl show "$unit" -p LoadState,ActiveState,SubState,Job,MainPID,NRestarts,Result,ExecMainPID,ExecMainStatus,ExecMainCode,FragmentPath,DropInPaths,InvocationID,ActiveEnterTimestampMonotonic,ActiveExitTimestampMonotonic,UnitFileState 2>/dev/null)
  seen_of MainPID; pid=${property:-0}
}

# Ports on which its main process listens, in hexadecimal digits, a line each.
fact_listens() {
  look_at_unit; [ "$pid" -ne 0 ] || return 0
  held=$(ls -l "/proc/$pid/fd" 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' ' ')
  fact listens "$(cat "/proc/$pid/net/tcp" "/proc/$pid/net/tcp6" 2>/dev/null |
    awk -v held=" $held" '$4 == "0A" && index(held, " " $10 " ") { split($2, of, ":"); print of[2] }' | sort -u)"
}

# What systemd said of it, and what its main process runs.
fact_unit() {
  if [ "$pid" -eq 0 ]; then fact unit "$seen"; else program_of "$pid"; fact unit "$seen${newline}Exe=$exe"; fi
}

fact_running() { # of the bytes that the service runs
  program_of_service; sum=$(sha256sum "$bytes" 2>/dev/null); fact sha256 "${sum%% *}"
}

# A hash over all parts of the present release but its program and record, as the runner makes it of what it would send.
content_of_current() {
  (cd "$dir/current" && find -L . -type f ! -path "./$service" ! -path ./release.json -exec sha256sum {} + | sort | sha256sum | cut -c 1-64)
}
