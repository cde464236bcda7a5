# Releases that are images. podman has them by their digests; a name of its own for each release keeps an image from being
# cleaned up, and lets it go with the last release that needs it. The program of such a release is the image's manifest:
# its sha256 is the digest.

podman() { command podman --events-backend=none "$@"; }

# Whether podman can run containers as the units of releases want them, and whether others have a project or its names.
serve_containers() { # [PROJECT NAME...]
  [ -z "$confined" ] || fact confined yes
  [ ! -x /usr/bin/podman ] || fact runtime "$(podman info --format '{{.Host.OCIRuntime.Name}}' 2>/dev/null)"
  [ $# -eq 0 ] || look_for_project "$@"
  printf '@ok\n'
}

look_for_project() { # PROJECT NAME...
  project=$1; shift
  [ ! -x /usr/bin/podman-compose ] || fact compose yes
  others=$(podman ps --all --format '{{.Names}} {{index .Labels "io.podman.compose.project"}}/{{index .Labels "slipway.directory"}}' 2>/dev/null |
    while read -r name of; do
      [ "${of#*/}" != "$dir" ] || continue
      if [ "${of%%/*}" = "$project" ]; then printf '%s\n' "$name"; continue; fi
      for own; do [ "$own" != "$name" ] || printf '%s\n' "$name"; done
    done)
  for name in $others; do fact foreign "$name"; done
}

# Before anything is switched. Credentials are read from a file that nobody else can open, and not kept.
serve_pull() { # ID BYTES, then so many of credentials
  number "$2" || { fail NAME_REFUSED "$2"; exit 1; }
  login=; [ "$2" -eq 0 ] || { login=$(umask 077; mktemp /run/slipway-login.XXXXXX) && take "$2" >"$login"; } || exit 1
  pulled "$1"; good=$?
  [ -z "$login" ] || rm -f "$login"
  [ $good -eq 0 ] || { fail IMAGE_REFUSED "$said"; return; }
  step pulled
  printf '@ok\n'
}

pulled() { # ID → said
  said='the agent is confined'; [ -z "$confined" ] || return
  said=$1; safe "$1" && images=$(cat "$dir/releases/$1/container-image") || return
  count=
  for image in $images; do
    if ! podman image exists "$image"; then
      said=$(podman pull --quiet ${login:+"--authfile=$login"} -- "$image" 2>&1 >/dev/null) || return
    fi
    said=$(podman tag "$image" "$(image_name "$1")$count" 2>&1) || return
    count=$((count - 1)) # -1, -2 …: the first has none
  done
}

image_name() { # ID
  name=$(printf %s "$dir/releases/$1" | sha256sum); printf 'localhost/slipway-release:%s' "${name%% *}"
}

# When its release goes. An image that a name or a container still needs stays.
forget_image() { # ID
  images=$(cat "$dir/releases/$1/container-image" 2>/dev/null) || return 0
  count=
  for image in $images; do
    podman untag "$image" "$(image_name "$1")$count" 2>/dev/null
    [ "$(podman image inspect --format '{{len .RepoTags}}' "$image" 2>/dev/null)" != 0 ] || podman image rm "$image" >/dev/null 2>&1
    count=$((count - 1))
  done
}

# What a monitor's container runs: the image of a release, when it is that one and the container was started for it. Of
# one process it stays the same, and podman is slow to say it.
program_of_container() { # PID → bytes, exe
  born=$(born "$1"); born="$1 $born"
  [ "${monitor:-}" != "$born" ] || { bytes=$of_monitor exe=$of_monitor; return; }
  looked=$(podman container inspect --format '{{.State.ConmonPid}} {{.Image}} {{index .Config.Labels "slipway.release"}}' "slipway-$service" 2>/dev/null) || return
  set -- "$1" $looked
  [ "${2:-}" = "$1" ] && safe "${4:-}" && image=$(cat "$dir/releases/$4/container-image" 2>/dev/null) || return
  [ "$(podman image inspect --format '{{.Id}}' "$image" 2>/dev/null)" = "$3" ] || { exe="another image, $3"; return; }
  bytes=$dir/releases/$4/$service exe=$bytes monitor=$born of_monitor=$bytes
}

# What the main process of a project runs: the file of a release, when every container was started for it and runs one of
# its images. One that has failed ends the process, so of one process it stays the same.
program_of_project() { # PID → bytes, exe
  born=$(born "$1"); born="$1 $born"
  [ "${monitor:-}" != "$born" ] || { bytes=$of_monitor exe=$of_monitor; return; }
  looked=$(podman ps --all --filter "label=slipway.directory=$dir" --format '{{index .Labels "slipway.release"}} {{.Image}}' 2>/dev/null) || return
  id=${looked%% *}; safe "$id" && images=$(cat "$dir/releases/$id/container-image" 2>/dev/null) || return
  for image in $images; do
    looked=$(printf '%s\n' "$looked" | grep -vxF "$id $image")
  done
  [ -z "$looked" ] || { exe="another image, $(printf '%s\n' "$looked" | head -n 1)"; return; }
  seen_of ActiveState
  bytes=$dir/releases/$id/$service exe=$bytes
  [ "$property" != active ] || monitor=$born of_monitor=$bytes
}
