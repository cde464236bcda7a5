# The last part of the agent: what the runner may ask for.

take() { # BYTES: exactly so many of standard input
  [ "$1" -lt 65536 ] || dd bs=65536 count=$(($1 / 65536)) iflag=fullblock 2>/dev/null
  [ $(($1 % 65536)) -eq 0 ] || dd bs=$(($1 % 65536)) count=1 iflag=fullblock 2>/dev/null
}

serve_facts() { # SERVICE DIRECTORY [USER PORT [SHA256...]]: of programs that may run already
  dir=; locate "$2" "$1" || { fail NAME_REFUSED "$1 in $2"; return; }
  permitted || { dir=; fail SERVICE_FORBIDDEN "$why"; return; }
  [ -z "${3:-}" ] || safe "$3" && { [ -z "${4:-}" ] || number "$4"; } || { fail NAME_REFUSED "${3:-} ${4:-}"; return; }
  fact path "$dir"
  [ -z "$manager" ] || user_facts
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
  { df -Pk "$there"; df -Pi "$there"; echo @mounts; cat /proc/mounts; echo @processors; cat /proc/cpuinfo /proc/meminfo
    echo @connections; cat /proc/net/tcp /proc/net/tcp6; } 2>/dev/null | awk '
    /^@/ { part = $1; next }
    part == "" && $1 == "Filesystem" { tables++; next }
    part == "" && tables == 1 { space = $4; at = $6 }
    part == "" && tables == 2 { inodes = $4 }
    part == "@mounts" && $2 == at { options = $4 }
    part == "@processors" && /^processor/ { cores++ }
    part == "@processors" && $1 == "MemTotal:" { memory = $2 }
    part == "@processors" && cpu == "" && /^(flags|Features)[^:]*: */ { cpu = $0; sub(/^[^:]*: */, "", cpu) }
    part == "@connections" && $4 == "0A" { split($2, of, ":"); listening = listening " " of[2] }
    END {
      print "@text space " space; print "@text inodes " inodes; print "@text mount " at " " options
      print "@text cores " cores + 0; print "@text memory " memory; print "@text cpu " cpu; print "@text listening" listening
    }'
  [ -n "$own" ] && id -u "$own" >/dev/null 2>&1 && fact has-user yes
  [ -n "$port" ] && fact holder-of-port "$(holder_of "$port")"
  for tool in flock systemd-run sha256sum base64 gzip awk; do command -v $tool >/dev/null || fact lacking $tool; done
  state_facts "$@"
}

# What a deployment changes of it.
serve_state() { # SHA256...: of programs that may run already
  told_with_hash state_facts "$@" && printf '@ok\n'
}

# Facts, and meanwhile the hash of what the service runs, where that is one of these programs: it takes longer.
told_with_hash() { # FACTS SHA256...
  facts=$1; shift
  look_at_unit
  hashing=
  if runs_one_of "$@"; then fact_running & hashing=$!; fi
  facts=$($facts "$@") # all at once: the other one writes into the same answer
  [ -z "$hashing" ] || wait "$hashing"
  printf '%s\n' "$facts"
}

runs_one_of() { # SHA256...: of the store; $pid runs
  [ $# -gt 0 ] && [ "$pid" -gt 0 ] || return 1
  running=$(program_of "$pid")
  for sum; do safe "$sum" && [ "$dir/blobs/$sum" -ef "$running" ] && return; done
  return 1
}

state_facts() { # SHA256...
  settled_facts=$(facts_of_state)
  printf '%s\n' "$settled_facts"
  fact stamp "$(printf '%s\n' "$settled_facts" | sha256sum)"
  [ -d "$dir" ] && fact directory "$([ -d "$state" ] && echo ours || ls -A "$dir")"
  fact holder "$(cat "$state/holder" 2>/dev/null)"
  [ -e "$state/lock" ] && ! flock -n "$state/lock" true 9>&- && fact locked yes
  seen=$said
  fact files "$(files_loaded)"
  ! runs_one_of "$@" || fact content "$(content_of_current)"
}

# What a deployment counts on, and what taking the lock does not change.
facts_of_state() {
  fact unit "$said"
  ours && fact ours yes
  current=$(readlink "$dir/current" 2>/dev/null) && fact current "${current#releases/}"
  fact releases "$(names_in "$dir/releases" '*')"
  fact blobs "$(names_in "$dir/blobs" '*')"
  fact parts "$(cd "$dir/blobs" 2>/dev/null && for part in .part.*; do [ -e "$part" ] && echo "${part#.part.}" "$(wc -c <"$part")"; done)"
  fact history "$(tail -n 200 "$state/history" 2>/dev/null)"
  fact pending "$(names_in "$state" 'intent.*'; names_in "$state" 'reverting.*')"
  fact unit-file "$(cat "$units/$unit" 2>/dev/null)"
  # names only: values never leave the host
  fact variables "$(sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=".*/\1/p' "$dir/current/environment" 2>/dev/null)"
  fact credentials "$(names_in "$dir/current/credentials" '*')"
}

# What was sent along with the lock was made for what the runner has seen.
serve_same() { # STAMP
  look_at_unit
  [ "$(facts_of_state | sha256sum)" = "$1" ] || { fail STATE_CHANGED "$service"; return; }
  printf '@ok\n'
}

names_in() { # FOLDER PATTERN
  cd "$1" 2>/dev/null && for name in $2; do [ ! -e "$name" ] || printf '%s\n' "$name"; done
}

# Who listens on a port, when it is not the service: "nginx, pid 812, of nginx.service".
holder_of() { # PORT
  inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port=":$(printf %04X "$1")" '$4=="0A" && substr($2, length($2)-4)==port {print $10; exit}')
  [ -n "$inode" ] || return
  pid=$(ls -l /proc/[0-9]*/fd 2>/dev/null |
    awk -v socket="socket:[$inode]" '/^\/proc/{split($1,part,"/")} $NF==socket{print part[3]; exit}')
  [ -n "$pid" ] || { echo 'a process that cannot be seen'; return; }
  of=$(sed -n -e 's|.*/\([^/]*\.service\)\(/.*\)*$|\1|p' -e 's|.*/\([^/]*\.scope\)\(/.*\)*$|\1|p' "/proc/$pid/cgroup" 2>/dev/null | head -n 1)
  [ "$of" != "$unit" ] || return
  # systemd itself holds what it listens on for the service
  [ "$pid" != 1 ] || ! grep -qx "X-Slipway=$dir" "$units/$service.socket" 2>/dev/null || return
  echo "$(cat "/proc/$pid/comm"), pid $pid${of:+, of $of}"
}

# What systemd says of the unit, and what its main process runs.
look_at_unit() { # → said, seen, pid
  said=$(systemctl show "$unit" -p LoadState,ActiveState,SubState,Job,MainPID,NRestarts,Result,ExecMainPID,ExecMainStatus,ExecMainCode,FragmentPath,DropInPaths,InvocationID,ActiveEnterTimestampMonotonic,ActiveExitTimestampMonotonic,UnitFileState 2>/dev/null)
  seen=$said
  seen_of MainPID; pid=${property:-0}
  [ "$pid" -eq 0 ] || said="$said${newline}Exe=$(readlink "$(program_of "$pid")" 2>/dev/null)"
}

fact_running() { # of the bytes that the main process $pid runs
  sum=$(sha256sum "$(program_of "$pid")" 2>/dev/null); fact sha256 "${sum%% *}"
}

# A hash over all parts of the present release but its program and record, as the runner makes it of what it would send.
content_of_current() {
  (cd "$dir/current" && find . -type f ! -path "./$service" ! -path ./release.json -exec sha256sum {} + | sort | sha256sum | cut -c 1-64)
}

serve_lock() { # TOKEN WHO
  [ -d "$state" ] || case $(ls -A "$dir" 2>/dev/null) in '') ;; *) fail DIRECTORY_FOREIGN "$dir"; return;; esac
  [ -z "$manager" ] || { lingering && mkdir -p "$units"; } || { fail LINGER_DENIED "$(id -un)"; return; }
  mkdir -p "$dir/blobs" "$dir/releases" "$state" && chmod 700 "$state" || { fail DIRECTORY_FAILED "$dir"; return; }
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
  step locked
  printf '@ok\n'
}

# A name in the store: the content's sha256, and for all but programs (755) the mode, as links share it.
store_name() { # NAME → sum mode
  safe "$1" || return 1
  sum=${1%%.*}; case $1 in *.*) mode=${1#*.};; *) mode=755;; esac
  [ ${#sum} -eq 64 ] && case $mode in [0-7][0-7][0-7]) ;; *) false;; esac
}

# What is not read now would be taken for the next request: after an error the conversation is over.
serve_upload() { # then for each file a line NAME OFFSET SIZE, parts (a line BYTES, gzip of what comes next), a line 0; a line "end"
  growing
  while IFS=' ' read -r name offset size; do
    [ "$name" != end ] || { printf '@ok\n'; return; }
    store_name "$name" && number "$offset" && number "$size" || { fail NAME_REFUSED "$name $offset $size"; exit 1; }
    take_blob || exit 1
  done
}

take_blob() { # name sum mode offset size: what came before a cut stays as .part.NAME
  part=$dir/blobs/.part.$name
  [ "$offset" -gt 0 ] || (umask 077; : >"$part") || { fail UPLOAD_FAILED "writing $part"; return 1; }
  [ "$(wc -c <"$part")" -eq "$offset" ] || { fail UPLOAD_FAILED "$part has not $offset bytes"; return 1; }
  # written and hashed as it comes: what tee could not write, the length shows
  is=$({ [ "$offset" -eq 0 ] || cat "$part"; take_parts | gzip -dc | tee -a "$part"; } 2>/dev/null | sha256sum); is=${is%% *}
  [ "$(wc -c <"$part")" -eq "$size" ] || { give_way; fail UPLOAD_FAILED "writing $part"; return 1; }
  [ "$is" = "$sum" ] || { rm -f "$part"; fail UPLOAD_DAMAGED "sha256 $is"; return 1; }
  # not durable yet: the release is
  chmod "$mode" "$part" && mv -T "$part" "$dir/blobs/$name" || { fail UPLOAD_FAILED "$dir/blobs/$name"; return 1; }
  hashed="$hashed $name "
  step uploaded
}

# An end before the line 0 is a cut: between two parts, while the next one is made, it is the likely one.
take_parts() {
  while read -r bytes && number "$bytes" && [ "$bytes" -gt 0 ]; do take "$bytes" || return; done
}

# The same upload when it is not wanted: the runner ends it as soon as it knows.
pass_over_upload() {
  while IFS=' ' read -r name rest && [ "$name" != end ]; do take_parts >/dev/null; done
}

# On a full disk a part helps nobody; of a cut connection it is what the next one goes on from.
give_way() {
  { printf '%4096s' '' >"$part.room"; } 2>/dev/null || rm -f "$part"
  rm -f "$part.room"
}

# A path below the release's folder.
inside() { # PATH
  case /$1/ in *//*|*/./*|*/../*|*[[:cntrl:]]*) return 1;; esac
}

# The listing has a line for each file: "part MODE BYTES PATH" for what follows it here, "blob MODE NAME PATH" for the store.
serve_release() { # ID BYTES, then the listing of so many bytes, then the parts in its order
  number "$2" || { fail NAME_REFUSED "$2"; exit 1; }
  new=$dir/releases/.new.$$; before=$dir/releases/$1; same=yes
  mkdir -p "$new" && take "$2" >"$new/.listing" || { rm -rf "$new"; fail RELEASE_FAILED "$new"; exit 1; }
  safe "$1" || { rm -rf "$new"; fail NAME_REFUSED "$1"; exit 1; }
  lay_out 3<&0 <"$new/.listing" || { rm -rf "$new"; exit 1; }
  for file in unit socket; do
    [ $file = socket ] && [ ! -e "$new/socket" ] || grep -qx "X-Slipway=$dir" "$new/$file" ||
      { rm -rf "$new"; fail NAME_REFUSED "the $file is not of $dir"; return; }
  done
  { unit_allowed "$new/unit" service && { [ ! -e "$new/socket" ] || unit_allowed "$new/socket" socket; }; } ||
    { rm -rf "$new"; fail UNIT_FORBIDDEN "$why"; return; }
  if [ ! -e "$new/$service" ] || { [ -e "$new/.sums" ] && ! (cd "$new" && sha256sum -c .sums >/dev/null 2>&1); }; then
    while IFS=' ' read -r kind mode what path; do [ "$kind" != blob ] || rm -f "$dir/blobs/$what"; done <"$new/.listing"
    rm -rf "$new"; fail UPLOAD_DAMAGED "$dir/blobs"; return
  fi
  rm -f "$new/.listing" "$new/.sums"
  find "$new" -exec sync {} + 2>/dev/null && durable "$dir/blobs" || sync
  if [ -d "$before" ] && [ -n "$same" ]; then
    rm -rf "$new"
  elif [ -d "$before" ]; then
    # the same content as before; what somebody changed on the host meanwhile is put right
    mv -T "$before" "$new.before" && mv -T "$new" "$before"
    rm -rf "$new.before"
  else
    mv -T "$new" "$before"
  fi || { fail RELEASE_FAILED "$before"; return; }
  durable "$dir/releases"
  step released
  printf '@ok\n'
}

lay_out() { # the listing on standard input, the parts on 3 → new, same
  while IFS=' ' read -r kind mode what path; do
    inside "$path" && case $mode in [0-7][0-7][0-7]) ;; *) false;; esac || { fail NAME_REFUSED "$mode $path"; return 1; }
    # what root will read was looked at: nobody else may ever have it open for writing
    case $path in unit|socket) [ "$kind $mode" = 'part 644' ] || { fail NAME_REFUSED "$kind $mode $path"; return 1; };; esac
    case $path in */*) mkdir -p "$new/${path%/*}" || { fail RELEASE_FAILED "$before"; return 1; };; esac
    case $kind in
      part)
        number "$what" || { fail NAME_REFUSED "$what"; return 1; }
        (umask 077; take "$what" <&3 >"$new/$path") && [ "$(wc -c <"$new/$path")" -eq "$what" ] || { fail RELEASE_FAILED "$before"; return 1; }
        [ "$mode" = 600 ] || chmod "$mode" "$new/$path" || { fail RELEASE_FAILED "$before"; return 1; }
        [ ! -d "$before" ] || [ "$path" = release.json ] || cmp -s "$before/$path" "$new/$path" || same= ;;
      blob)
        store_name "$what" || { fail NAME_REFUSED "$what"; return 1; }
        ln "$dir/blobs/$what" "$new/$path" || { fail RELEASE_FAILED "$before"; return 1; }
        # what came in this conversation was hashed as it came
        case $hashed in *" $what "*) ;; *) printf '%s  %s\n' "$sum" "$path" >>"$new/.sums" || { fail RELEASE_FAILED "$before"; return 1; };; esac
        [ "$before/$path" -ef "$new/$path" ] || same= ;;
      *) fail NAME_REFUSED "$kind"; return 1 ;;
    esac
  done
  [ ! -d "$new/credentials" ] || chmod 700 "$new/credentials"
}

# Whether systemd would load the unit as it would be, drop-ins of the host included: nothing has been changed yet. What it
# said of the very same is kept: looking takes it longer than all the rest of a switch.
serve_verify() { # ID
  safe "$1" && [ -e "$dir/releases/$1/unit" ] || { fail RELEASE_MISSING "$1"; return; }
  about=$(all_that_is_verified "$1")
  if [ -n "$about" ] && { IFS= read -r known && [ "$known" = "$about" ] && cat; } 2>/dev/null <"$state/verified"; then
    printf '@ok\n'; return
  fi
  # what "current" leads to is looked at before it leads there
  verified=$(sed "s|$dir/current/|$dir/releases/$1/|g" "$dir/releases/$1/unit" | try_unit "$dir/releases/$1/socket"); good=$?
  printf '%s\n' "$verified"
  [ $good -eq 0 ] || return 1
  if [ -n "$about" ] && [ -d "$state" ]; then
    printf '%s\n%s\n' "$about" "$verified" >"$state/.verified" && mv -T "$state/.verified" "$state/verified"
  fi
  printf '@ok\n'
}

# A hash over the unit, its socket, the drop-ins of both, and the systemd that reads them; nothing where it cannot be told.
all_that_is_verified() { # ID
  [ -z "$manager" ] || return # a user's systemd reads from other folders
  set -- "$dir/releases/$1/unit"
  names="$unit.d service.d $(prefixes "$service" service)"
  if [ -e "${1%unit}socket" ]; then
    set -- "$@" "${1%unit}socket"; names="$names $socket.d socket.d $(prefixes "$service" socket)"
  fi
  # systemd.unit(5); what it has loaded says nothing of a drop-in whose folder is new
  for folder in /etc/systemd/system /etc/systemd/system.* /run/systemd/system /run/systemd/system.* /run/systemd/transient \
    /run/systemd/generator* /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    for name in $names; do
      for file in "$folder/$name"/*; do [ ! -e "$file" ] || set -- "$@" "$file"; done
    done
  done
  { echo "$version $unit $*" && cat "$@"; } 2>/dev/null >"$state/.about" && sha256sum <"$state/.about"
}

# The folders for all units whose names begin alike: of a-b-c these are a-.service.d and a-b-.service.d.
prefixes() { # SERVICE TYPE
  part=$1
  while :; do case $part in *-*) part=${part%-*}; printf '%s-.%s.d ' "$part" "$2";; *) break;; esac; done
}

# The same of a unit whose release is not there yet.
serve_try() { # BYTES, then the unit
  number "$1" || { fail NAME_REFUSED "$1"; exit 1; }
  take "$1" | sed -e 's|^ExecStart=.*|ExecStart=/bin/true|' -e '/^WorkingDirectory=/d' -e '/^Requires=/d' | try_unit && printf '@ok\n'
}

try_unit() { # [SOCKET], the unit on standard input → facts
  command -v systemd-analyze >/dev/null || { cat >/dev/null; fact skipped systemd-analyze; return 0; }
  trial=$(mktemp -d) && cat >"$trial/$unit" && { [ ! -e "${1:-}" ] || cp "$1" "$trial/$socket"; } || { fail DIRECTORY_FAILED "the folder for temporary files"; return 1; }
  # both at once; the score offline, since 250
  fact score "$(systemd-analyze security --offline=yes --no-pager "$trial/$unit" 2>/dev/null </dev/null |
    sed -n 's/.*exposure level for [^:]*: \([0-9.]*\) .*/\1/p')" & scoring=$!
  said=$(systemd-analyze $manager verify --man=no "$trial/$unit" 2>&1 </dev/null) && loads=yes || loads=no
  wait "$scoring"
  rm -rf "$trial"
  # it looks at what the unit needs, too, whose faults are not ours
  said=$(printf '%s\n' "$said" | grep -F -e "$trial/" -e "/$unit.d/" -e "$unit:" | sed "s|$trial/||g" | head -n 10)
  [ -z "$said" ] || fact said "$said"
  [ $loads = yes ] || [ -z "$said" ] || { fail UNIT_REFUSED "$said"; return 1; }
}

# The system user of the service, without a login, unless it is there.
serve_user() { # NAME
  safe "$1" || { fail NAME_REFUSED "$1"; return; }
  # where the agent is confined, runners are the users that the service may have
  [ -z "${confined:-}" ] || case ",$runners," in *",$1,"*) ;; *) false;; esac || { fail NAME_REFUSED "$1"; return; }
  if ! id -u "$1" >/dev/null 2>&1; then
    { useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin "$1" ||
      adduser -S -D -H -h / -s /sbin/nologin "$1"; } >/dev/null 2>&1
    id -u "$1" >/dev/null 2>&1 || { fail USER_FAILED "$1"; return; }
    fact made "$1"
  fi
  printf '@ok\n'
}

serve_switch() { # TOKEN ID KIND SECONDS WHO [WAY]
  safe "$1" && safe "$2" && safe "$3" && number "$4" && safe "${6:-restart}" && [ -e "$dir/releases/$2/unit" ] || { fail RELEASE_MISSING "$2"; return; }
  ! foreign || { fail UNIT_FOREIGN "$here"; return; }
  { unit_allowed "$dir/releases/$2/unit" service && { [ ! -e "$dir/releases/$2/socket" ] || unit_allowed "$dir/releases/$2/socket" socket; }; } ||
    { fail UNIT_FORBIDDEN "$why"; return; }
  old=$(readlink "$dir/current" 2>/dev/null); old=${old#releases/}
  put_guard || { fail SWITCH_FAILED "installing $guard"; return; }
  printf 'new=%s\nold=%s\nkind=%s\nway=%s\nat=%s\nby=%s\n' "$2" "$old" "$3" "${6:-restart}" "$(date +%s)" "$(printf %s "$5" | base64 | tr -d '\n')" >"$state/.intent.$1" &&
    durable "$state/.intent.$1" && mv -T "$state/.intent.$1" "$state/intent.$1" && durable "$state" ||
    { fail SWITCH_FAILED "writing the intent"; return; }
  step intended
  if ! said=$(systemd-run $manager --quiet --collect --on-active="$4" --timer-property=AccuracySec=1s --unit="$(timer "$1")" \
    /bin/sh "$state/agent.sh" revert "$dir" "$service" "$1" 2>&1 9>&-); then
    rm -f "$state/intent.$1"; fail SWITCH_FAILED "arming the timer: $said"; return
  fi
  step armed
  if ! said=$(systemd-run $manager --quiet --no-block --collect --unit="slipway-$service-switch-$1" \
    /bin/sh "$state/agent.sh" switch "$dir" "$service" "$1" 2>&1 9>&-); then
    do_revert "$1" unswitched >/dev/null; fail SWITCH_FAILED "starting the switch: $said"; return
  fi
  printf '@ok\n'
}

# At boot, before the service: an intent that nobody confirmed is taken back.
put_guard() {
  cat >"$state/guard.unit" <<UNIT || return 1
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
WantedBy=$boots
UNIT
  cmp -s "$state/guard.unit" "$units/$guard" && return 0
  put_unit "$state/guard.unit" "$guard" && systemctl daemon-reload && systemctl enable --quiet "$guard"
}

serve_watch() { # TOKEN yes|no TENTHS [PID RESTARTS]: hashes the running file; waits up to so long until there is news
  safe "$1" && number "$3" && number "${4:-0}" && number "${5:-0}" || { fail NAME_REFUSED "$1 $3"; return; }
  hashing=; [ "$2" != yes ] || hash_meanwhile "$1"
  left=$(($3 * 10)) slept=0
  while no_news "$1" "${4:-0}" "${5:-0}" && [ $slept -lt $left ]; do
    # most starts take less than a third of a second
    if [ $slept -lt 30 ] && [ "${4:-0}" -eq 0 ]; then nap=5; else nap=10; fi
    case $nap in 5) sleep 0.05;; *) sleep 0.1;; esac 2>/dev/null || { sleep 1; nap=100; }
    slept=$((slept + nap))
  done
  fact result "$now"
  [ -n "$said" ] || look_at_unit
  fact unit "$said"
  [ -z "$hashing" ] || wait "$hashing"
  [ "$2" != yes ] || fact_running_of "$1"
  printf '@ok\n'
}

# The program that is being started is hashed while it starts, once for a switch.
hash_meanwhile() { # TOKEN → hashing
  [ ! -e "$state/.sum.$1" ] && [ -e "$state/intent.$1" ] && read_intent "$state/intent.$1" || return
  sha256sum <"$dir/releases/$new/$service" >"$state/.sum.$1" 2>/dev/null & hashing=$!
}

# What $pid runs: the file that was hashed, when it is that and nobody has written to it since.
fact_running_of() { # TOKEN
  if [ "$pid" -gt 0 ] && [ -e "$state/.sum.$1" ] && read_intent "$state/intent.$1" 2>/dev/null; then
    file=$dir/releases/$new/$service
    if [ "$file" -ef "$(program_of "$pid")" ] && [ "$state/.sum.$1" -nt "$file" ] && read -r sum rest <"$state/.sum.$1"; then
      fact sha256 "$sum"; return
    fi
  fi
  fact_running
}

# Whether all is as it was: with a PID, the process stays; without one, the switch or the start is under way.
no_news() { # TOKEN PID RESTARTS → now: the result, said: what systemd says where it was asked
  said=; now=; [ ! -e "$state/result.$1" ] || read -r now <"$state/result.$1"
  case $now in 'switched '*) ;; ''|switching) return 0;; *) return 1;; esac
  look_at_unit
  if [ "$2" -gt 0 ]; then steady "$seen" "$2" "$3"; return; fi
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

steady() { # STATE PID RESTARTS
  case $1 in *ActiveState=active*|*ActiveState=reloading*) ;; *) return 1;; esac
  [ "$(printf '%s\n' "$1" | grep -cx -e "MainPID=$2" -e "NRestarts=$3")" -eq 2 ]
}

# The files that systemd has loaded the service from, with their hashes; $seen has the paths of its unit.
files_loaded() {
  seen_of FragmentPath; paths=$property
  seen_of DropInPaths; paths="$paths $property"
  [ ! -e "$units/$socket" ] || paths="$paths $(systemctl show "$socket" -p FragmentPath,DropInPaths --value 2>/dev/null)"
  (set -f; sums_of $paths)
}

serve_confirm() { # TOKEN PID RESTARTS: unless it is another process by now; PID 0: whatever runs
  safe "$1" && number "$2" && number "$3" || { fail NAME_REFUSED "$1 $2 $3"; return; }
  seen=$(systemctl show "$unit" -p ActiveState,MainPID,NRestarts,FragmentPath,DropInPaths 2>/dev/null)
  if [ "$2" -gt 0 ] && [ -e "$state/intent.$1" ] && ! steady "$seen" "$2" "$3"; then
    fail NOT_STEADY "$(printf '%s\n' "$seen" | grep -v Path=)"; return
  fi
  if mv -T "$state/intent.$1" "$state/confirmed.$1" 2>/dev/null && durable "$state"; then
    step confirming
    systemctl stop "$(timer "$1").timer" 2>/dev/null
    read_intent "$state/confirmed.$1" && remember "$1" confirmed
    rm -f "$state/confirmed.$1"
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
  fact result "$how"
  fact unit "$(serve_unit)"
  printf '@ok\n'
}

serve_look() { # SERVICE LINES
  visible "$1" || { fail SERVICE_FORBIDDEN "$why"; return; }
  look_at "$1.service" "$2"
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
  fact journal "$(journalctl $of_unit="$unit" ${at:+"--since=@$at"} --lines="$2" --output=cat --no-pager 2>/dev/null)"
  # systemd's own words: its properties show the last end only until the next start
  fact ended "$(journalctl $told_by="$unit" ${at:+"--since=@$at"} --output=cat --no-pager 2>/dev/null |
    grep -F ': Main process exited, ' | tail -n 1)"
  # what seccomp refused, where the kernel says so
  fact audit "$(journalctl _TRANSPORT=kernel + _TRANSPORT=audit ${at:+"--since=@$at"} --output=cat --no-pager 2>/dev/null |
    grep -e 'type=1326' -e SECCOMP | grep -F "exe=\"$dir/releases/" | tail -n 1)"
  printf '@ok\n'
}

serve_prune() { # ID...
  for id; do
    safe "$id" && [ "$(readlink "$dir/current")" != "releases/$id" ] && rm -rf "${dir:?}/releases/$id"
  done
  # what no release links to any more, and parts of what was never sent to its end
  find "$dir/blobs" -type f -links 1 -exec rm -f {} +
  step pruned
  printf '@ok\n'
}

serve_fetch() { # SHA256: of the store, compressed; a fact for each 45 kB
  safe "$1" && [ -f "$dir/blobs/$1" ] || { fail RELEASE_MISSING "$1"; return; }
  gzip -4 -c "$dir/blobs/$1" | base64 | tr -d '\n' | base64 |
    awk '{ line = line $0 } NR % 800 == 0 { print "@fact blob " line; line = "" } END { if (line != "") print "@fact blob " line }'
  printf '@ok\n'
}

# All that is ours goes, and the service with it. What it wrote itself stays, and so does what others put here.
serve_remove() {
  [ -d "$state" ] || { fail DIRECTORY_FOREIGN "$dir"; return; }
  [ ! -e "$units/$unit" ] || is_ours "$unit" || { fail UNIT_FOREIGN "$units/$unit"; return; }
  revert_to_none ''
  rm -rf "${dir:?}/releases" "$dir/blobs" "$dir/current"
  for left in "$dir"/* "$units/$unit.d" "/var/lib/$service" "/var/log/$service" "/var/cache/$service"; do
    [ "$left" = "$state" ] || [ ! -e "$left" ] || fact left "$left"
  done
  rm -rf "$state"; rmdir "$dir" 2>/dev/null
  printf '@ok\n'
}

# A runner that went silent must not hold the lock: a half-open connection lasts for hours.
idle() { # SECONDS
  [ -z "${dog:-}" ] || kill "$dog" 2>/dev/null
  ( trap 'kill $nap 2>/dev/null; exit' TERM; sleep "$1" & nap=$!; wait $nap; kill -TERM 0 ) 9>&- >/dev/null 2>&1 </dev/null &
  dog=$!
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
  dog=$!
}

serve() {
  trap '[ -z "${dog:-}" ] || kill "$dog" 2>/dev/null' EXIT
  dog=; dir=; failed=; hashed=
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
      if [ "$word" = = ]; then set -- "$@" ''; else set -- "$@" "$(printf %s "$word" | base64 -d)"; fi
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
    case $verb in lock|revert|release|remove) idle 300;; fetch) idle 840;; *) idle "$patience";; esac
    # everything else is about the service that "facts" has named
    [ -n "$dir" ] || [ "$verb" = facts ] || [ "$verb" = look ] || { fail NAME_REFUSED 'no service was named'; exit 1; }
    case $verb in
      facts|state|same|look|lock|upload|release|verify|try|user|switch|watch|confirm|revert|manifest|journal|prune|upstream|alive|remove|fetch) if "serve_$verb" "$@"; then failed=; else failed=yes; fi ;;
      bootstrap) if [ -z "$confined" ] && serve_bootstrap "$@"; then failed=; else failed=yes; [ -z "$confined" ] || fail VERB_UNKNOWN "$verb"; fi ;;
      *) fail VERB_UNKNOWN "$verb"; failed=yes ;;
    esac
    case $verb in lock|revert|upload|release|remove|fetch) idle "$patience";; esac
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
  upstream) set_upstream "$2" "$3" "$4" up ;;
  *) exit 2 ;;
esac
