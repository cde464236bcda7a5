# What systemd says of a unit before it is switched to.

# Whether systemd would load the unit as it would be, drop-ins of the host included: nothing has been changed yet. What it
# said of the very same is kept: looking takes it longer than all the rest of a switch.
serve_verify() { # ID
  safe "$1" && [ -e "$dir/releases/$1/unit" ] || { fail RELEASE_MISSING "$1"; return; }
  sees_release "$1" || { fail SHARE_STALE "$dir/releases/$1: $said"; return; }
  system_taken "$dir/releases/$1" || { fail SYSTEM_REFUSED "$said"; return; }
  about=$(all_that_is_verified "$1")
  if [ -n "$about" ] && { IFS= read -r known && [ "$known" = "$about" ] && cat; } 2>/dev/null <"$state/verified"; then
    printf '@ok\n'; return
  fi
  # what "current" leads to is looked at before it leads there
  verified=$(sed "s|$dir/current/|$dir/releases/$1/|g" "$dir/releases/$1/unit" |
    try_unit "$dir/releases/$1" "$(sed "s|$dir/current/|$dir/releases/$1/|g" "$dir/releases/$1/drop-in" 2>/dev/null)"); good=$?
  printf '%s\n' "$verified"
  [ $good -eq 0 ] || return 1
  if [ -n "$about" ] && [ -d "$state" ]; then
    printf '%s\n%s\n' "$about" "$verified" >"$state/.verified" && mv -T "$state/.verified" "$state/verified"
  fi
  printf '@ok\n'
}

# A hash over the unit, its socket or timer, the drop-ins of unit and socket (but the one that is installed for the release which serves now), and
# the systemd that reads them; nothing where it cannot be told.
all_that_is_verified() { # ID
  [ -z "$manager" ] || return # a user's systemd reads from other folders
  from=$dir/releases/$1
  names="$unit.d service.d $(prefixes "$service" service)"
  set -- "$from/unit"; parts=unit
  for part in socket drop-in timer; do [ ! -e "$from/$part" ] || { set -- "$@" "$from/$part"; parts="$parts $part"; }; done
  [ ! -e "$from/socket" ] || names="$names $socket.d socket.d $(prefixes "$service" socket)"
  own=$# # a release's own files are looked at where they will be
  # systemd.unit(5); what it has loaded says nothing of a drop-in whose folder is new
  for folder in /etc/systemd/system /etc/systemd/system.* /run/systemd/system /run/systemd/system.* /run/systemd/transient \
    /run/systemd/generator* /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    for name in $names; do
      for file in "$folder/$name"/*; do
        [ ! -e "$file" ] || [ "$file" = "$units/$unit.d/50-slipway.conf" ] || set -- "$@" "$file"
      done
    done
  done
  texts=$(cat "$@" 2>/dev/null) || return
  shift $own
  printf '%s\n' "$version $unit $parts $*" "$texts" | sha256sum
}

# The folders for all units whose names begin alike: of a-b-c these are a-.service.d and a-b-.service.d.
prefixes() { # SERVICE TYPE
  part=$1
  while :; do case $part in *-*) part=${part%-*}; printf '%s-.%s.d ' "$part" "$2";; *) break;; esac; done
}

# The same of a unit whose release is not there yet.
serve_try() { # BYTES [BYTES], then the unit and its drop-in
  number "$1" && number "${2:-0}" || { fail NAME_REFUSED "$1 ${2:-}"; exit 1; }
  tried=$(take "$1" | sed -e 's|^ExecStart=.*|ExecStart=/bin/true|' -e '/^WorkingDirectory=/d' -e '/^Requires=/d')
  dropped=$(take "${2:-0}" | sed "s|^\(Exec[A-Za-z]*\)=[-+@:!]*$dir/current/.*|\1=/bin/true|")
  printf '%s\n' "$tried" | try_unit '' "$dropped" && printf '@ok\n'
}

try_unit() { # RELEASE TEXT-OF-DROP-IN, the unit on standard input → facts
  command -v systemd-analyze >/dev/null || { cat >/dev/null; fact skipped systemd-analyze; return 0; }
  trial=$(mktemp -d) && cat >"$trial/$unit" && { [ ! -e "$1/socket" ] || cp "$1/socket" "$trial/$socket"; } &&
    { [ ! -e "$1/timer" ] || cp "$1/timer" "$trial/$schedule"; } &&
    # in front of the one that is installed
    mkdir "$trial/$unit.d" && printf '%s\n' "$2" >"$trial/$unit.d/50-slipway.conf" || { fail DIRECTORY_FAILED "the folder for temporary files"; return 1; }
  # both at once; the score offline, since 250
  fact score "$(systemd-analyze security --offline=yes --no-pager "$trial/$unit" 2>/dev/null </dev/null |
    sed -n 's/.*exposure level for [^:]*: \([0-9.]*\) .*/\1/p')" & scoring=$!
  said=$(systemd-analyze $manager verify --man=no "$trial/$unit" $(ls "$trial/$schedule" 2>/dev/null) 2>&1 </dev/null) && loads=yes || loads=no
  wait "$scoring"
  rm -rf "$trial"
  # it looks at what the unit needs, too, whose faults are not ours
  said=$(printf '%s\n' "$said" | grep -F -e "$trial/" -e "/$unit.d/" -e "$unit:" -e "$schedule:" | sed "s|$trial/||g" | head -n 10)
  [ -z "$said" ] || fact said "$said"
  [ $loads = yes ] || [ -z "$said" ] || { fail UNIT_REFUSED "$said"; return 1; }
}
