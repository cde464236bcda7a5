# Layout nfs: releases that several hosts have from one share. What is written there is written as the user who connects, on
# one of the hosts, by an agent without root, as root may be nobody on a share; root of each host only reads.
#
# NFS_ROOT/SERVICE holds: blobs/ (by hash), releases/ID/ (links to these), nodes/HOST (what that host has, so that it stays),
# shared/conf and logs/HOST (of the program), lease (who writes now).

lease_ends=120 # seconds after it was last renewed; a client may take what it saw 60 s ago for true

share_of_current() { share=$(readlink "$dir/current/$service"); share=${share%/*/*/*}; } # → share

# The mount that a path is on, as the kernel has it.
mount_of() { # PATH → "POINT TYPE OPTIONS"
  ls "$1" >/dev/null 2>&1 # an automounter mounts what is looked at
  awk -v path="$1/" '
    { at = $2; if (at != "/") at = at "/" }
    index(path, at) == 1 && length(at) >= best { best = length(at); found = $2 " " $3 " " $4 }
    END { print found }' /proc/self/mounts
}

share_answers=15 # seconds in which a share says something, if it does at all

# A share that hangs keeps whoever asks it, some beyond every signal: another process asks, and is not waited for.
answers() { # PATH
  ( exec ls "$1" ) >/dev/null 2>&1 </dev/null 9>&- &
  asking=$! began=$(date +%s)
  while IFS= read -r stat 2>/dev/null <"/proc/$asking/stat"; do
    case $stat in *') Z '*) break;; esac
    [ $(($(date +%s) - began)) -lt $share_answers ] || { kill -KILL $asking; return 1; }
    sleep 0.05 2>/dev/null || sleep 1
  done
  wait $asking || :
}
share_hangs() { fail SHARE_HANGS "$1, not in $share_answers s"; } # PATH

share_name() { # PATH
  case $1 in /*/*) ;; *) return 1;; esac
  case $1 in *[!A-Za-z0-9_./-]*|*/./*|*/../*|*/.|*/..|*/-*|*//*|*/) return 1;; esac
}

# By root, on each host: what it is on, and whether it is what the user who connects has written on another one.
serve_share_look() { # NFS_ROOT [PROBE]
  share_name "$1" && safe "${2:-none}" || { fail NAME_REFUSED "$1 ${2:-}"; return; }
  fact node "$(uname -n)"
  fact machine "$(cat /etc/machine-id 2>/dev/null)"
  answers "$1" || { share_hangs "$1"; return; }
  fact mount "$(mount_of "$1")"
  [ -d "$1" ] || fact lacks yes
  if [ -n "${2:-}" ]; then said=$(cat "$1/.slipway-$2" 2>&1 >/dev/null) && fact sees yes || fact said "$said"; fi
  printf '@ok\n'
}

# Without root, on one host: whether the user can write, and what is there. The probe goes with this conversation.
serve_share_open() { # NFS_ROOT SERVICE PROBE
  [ -z "$confined" ] && share_name "$1" && safe "$2" && safe "$3" || { fail NAME_REFUSED "$1 $2 $3"; return; }
  answers "$1" || { share_hangs "$1"; return; }
  share=$1/$2 dir=$1/$2 state=$1/$2/none probe=$1/.slipway-$3
  find "$1" -maxdepth 1 -name '.slipway-*' -mmin +60 -exec rm -f {} + 2>/dev/null
  said=$( { echo "$3" >"$probe"; } 2>&1) || { probe=; fail SHARE_READ_ONLY "$1: $said"; return; }
  owner=$(stat -c %u "$probe")
  [ "$owner" = "$own_uid" ] || { fail SHARE_SQUASHED "$1: what $(id -un) ($own_uid) writes belongs to $owner"; return; }
  fact space "$(df -Pk "$1" | awk 'NR == 2 { print $4 }')"
  # it asks the server anew, whatever this host has seen before
  ls "$share" "$share/blobs" "$share/releases" "$share/nodes" >/dev/null 2>&1
  fact_names blobs "$share/blobs" '*'
  fact_names releases "$share/releases" '*'
  parts=; for part in "$share/blobs"/.part.*; do [ ! -e "$part" ] || parts="$parts${part##*/.part.} $(wc -c <"$part")$newline"; done
  fact parts "${parts%"$newline"}"
  for node in "$share/nodes"/*; do [ ! -f "$node" ] || fact node "${node##*/} $(tr '\n' ' ' <"$node")"; done
  printf '@ok\n'
}

# One writer at a time. The name "lease" is a second name of the holder's own file: whoever takes it away has the server
# count one name less, and that the holder is told with each renewal, however old what its client remembers.
serve_share_lease() { # FENCE WHO
  safe "$1" && [ -n "${share:-}" ] || { fail NAME_REFUSED "$1"; return; }
  mine=$share/.lease.$1
  mkdir -p "$share/blobs" "$share/releases" "$share/nodes" "$share/shared/conf" "$share/logs" &&
    printf '%s, fence %s\n' "$2" "$1" >"$mine" || { mine=; fail SHARE_FAILED "$share"; return; }
  if ! ln "$mine" "$share/lease" 2>/dev/null && ! holds_lease; then
    ls "$share" >/dev/null; holder=$(cat "$share/lease" 2>/dev/null)
    # both by the server's clock
    since=$(stat -c %Y "$share/lease" 2>/dev/null) || since=$(stat -c %Y "$mine")
    age=$(($(stat -c %Y "$mine") - since))
    { [ $age -gt $lease_ends ] && rm -f "$share/lease" && ln "$mine" "$share/lease" 2>/dev/null && holds_lease; } ||
      { rm -f "$mine"; mine=; fail LEASED "${holder:-unknown}, renewed $age s ago"; return; }
    fact ended "${holder:-unknown}"
  fi
  ( renew ) >/dev/null 2>&1 </dev/null &
  renewing=$!
  # of writers that died
  for file in "$share"/.lease.* "$share"/releases/.new.* "$share"/nodes/.new.*; do [ "$file" = "$mine" ] || rm -rf "$file"; done
  printf '@ok\n'
}

# Renews it, too.
holds_lease() { [ -n "${mine:-}" ] && touch -c "$mine" 2>/dev/null && [ "$(stat -c %h "$mine" 2>/dev/null)" = 2 ]; }
lease_lost() { fail LEASE_LOST "$(cat "${share:-}/lease" 2>/dev/null)"; }

# As long as this agent is there; of one that was killed, as by a write to a connection that is gone, it ends what is left.
renew() {
  trap '' TERM HUP
  spent=0
  while kill -0 $$; do
    sleep 1; spent=$((spent + 1)); [ $((spent % 10)) -ne 0 ] || touch -c "$mine"
  done
  end_lease
}

end_lease() {
  ! holds_lease || rm -f "$share/lease"
  rm -f "$mine" "$probe"
}

leave_share() {
  if [ -n "${mine:-}" ]; then kill -KILL "$renewing" 2>/dev/null; end_lease; mine=; fi
  [ -z "${probe:-}" ] || rm -f "$probe"
}

# What a host has, and will have, beside what others pinned for it: nothing of it goes from the share.
serve_share_pin() { # NODE MACHINE RELEASE...
  safe "$1" && safe "$2" || { fail NAME_REFUSED "$1 $2"; return; }
  node=$1 machine=$2; shift 2
  holds_lease || { lease_lost; return; }
  mkdir -p "$share/logs/$node" && chmod 2775 "$share/logs/$node" || { fail SHARE_FAILED "$share/logs/$node"; return; }
  { printf '%s\n' "machine=$machine"; grep -v '^machine=' "$share/nodes/$node" 2>/dev/null; printf '%s\n' "$@"; } |
    awk '!seen[$0]++' | write_pins && printf '@ok\n'
}

# What it does not have any more. Another run may have pinned others meanwhile.
serve_share_unpin() { # NODE RELEASE...
  safe "$1" || { fail NAME_REFUSED "$1"; return; }
  node=$1; shift
  holds_lease || { lease_lost; return; }
  awk -v gone="$*" 'BEGIN { n = split(gone, all, " "); while (n) is[all[n--]] } !($0 in is)' "$share/nodes/$node" |
    write_pins && printf '@ok\n'
}

write_pins() { # of $node, on standard input
  new=$share/nodes/.new.$node
  cat >"$new" && durable "$new" && mv -T "$new" "$share/nodes/$node" || fail SHARE_FAILED "$share/nodes/$node"
}

# A release whose files are in the store, under its name once it is whole.
serve_share_publish() { # ID BYTES, then lines "MODE NAME PATH"
  number "$2" || { fail NAME_REFUSED "$2"; exit 1; }
  listing=$(take "$2"); safe "$1" || { fail NAME_REFUSED "$1"; return; }
  new=$share/releases/.new.$1 there=$share/releases/$1
  holds_lease || { lease_lost; return; }
  rm -rf "$new"; mkdir "$new" || { fail SHARE_FAILED "$new"; return; }
  said=$(printf '%s\n' "$listing" | link_files) || { rm -rf "$new"; fail SHARE_FAILED "$new: $said"; return; }
  if [ -d "$there" ]; then
    said=$(cd "$there" && sha256sum -c "$new/.sums" 2>&1) || { rm -rf "$new"; fail SHARE_DAMAGED "$there: $said"; return; }
    rm -rf "$new"; printf '@ok\n'; return
  fi
  (cd "$new" && sha256sum -c .sums >/dev/null 2>&1) || { rm -rf "$new"; fail SHARE_DAMAGED "$share/blobs"; return; }
  rm -f "$new/.sums"
  find "$new" -exec sync {} + 2>/dev/null || sync
  step publishing
  # another writer may have taken over meanwhile
  holds_lease || { rm -rf "$new"; lease_lost; return; }
  mv -T "$new" "$there" && durable "$share/releases" || { fail SHARE_FAILED "$there"; return; }
  printf '@ok\n'
}

link_files() { # the listing on standard input; in $new
  while IFS=' ' read -r mode what path; do
    inside "$path" && store_name "$what" || return 1
    mkdir -p "$new/$(dirname "$path")" && ln "$share/blobs/$what" "$new/$path" 2>&1 || return 1
    printf '%s  %s\n' "$sum" "$path" >>"$new/.sums" || return 1
  done
}

# What no host has goes.
serve_share_prune() {
  holds_lease || { lease_lost; return; }
  kept=" $(cat "$share"/nodes/* 2>/dev/null | tr '\n' ' ')"
  for path in "$share"/releases/*; do
    id=${path##*/}
    case $kept in *" $id "*) continue;; esac
    [ -d "$path" ] || continue
    holds_lease || { lease_lost; return; }
    # out of sight first: a host that begins to read it now finds nothing, and not half of it
    mv -T "$path" "$share/releases/.new.$id" && rm -rf "$share/releases/.new.$id" && fact gone "$id"
  done
  find "$share/blobs" -name '.part.*' -mtime +1 -exec rm -f {} + 2>/dev/null
  for blob in "$share"/blobs/*; do
    # to open it is to ask the server
    { : <"$blob"; } 2>/dev/null && [ "$(stat -c %h "$blob")" = 1 ] && rm -f "$blob"
  done
  printf '@ok\n'
}

# A host that has nothing any more; with the last one goes all but what the program wrote and what people put there.
serve_share_leave() { # NODE...
  holds_lease || { lease_lost; return; }
  for node; do safe "$node" && rm -f "$share/nodes/$node"; done
  serve_share_prune >/dev/null
  rmdir "$share/nodes" "$share/releases" "$share/blobs" 2>/dev/null
  for left in "$share/shared" "$share/logs"; do [ ! -e "$left" ] || fact left "$left"; done
  printf '@ok\n'
}

# Whether root of this host sees the files of a release as they were released; waits, as a client of a share may remember for
# a minute that something was not there.
sees_release() { # ID → said
  listing=$dir/releases/$1/on-share
  [ -e "$listing" ] || return 0
  target=$(readlink "$dir/releases/$1/$service") tries=0
  answers "${target%/*/*}" || { said="the share said nothing in $share_answers s"; return 1; }
  began=$(date +%s)
  until said=$(cd "$dir/releases/$1" && sha256sum -c on-share 2>&1 9>&-); do
    [ $(($(date +%s) - began)) -lt 90 ] || { said=$(printf '%s\n' "$said" | grep -v ': OK$' | head -n 3); return 1; }
    tries=$((tries + 1))
    sleep 0.5 2>/dev/null || sleep 1
    ls "${target%/*/*}" >/dev/null 2>&1 9>&- # it asks the server what is there now
  done
  [ $tries -eq 0 ] || fact waited "$(($(date +%s) - began))"
}
