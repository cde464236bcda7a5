# Releases that are images. podman has them by their digests; a name of its own for each release keeps an image from being
# cleaned up, and lets it go with the last release that needs it. The program of such a release is the image's manifest:
# its sha256 is the digest.

podman() { command podman --events-backend=none "$@"; }

# Whether podman can run containers as the units of releases want them.
serve_containers() {
  [ -z "$confined" ] || fact confined yes
  [ ! -x /usr/bin/podman ] || fact runtime "$(podman info --format '{{.Host.OCIRuntime.Name}}' 2>/dev/null)"
  printf '@ok\n'
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
  said=$1; safe "$1" && image=$(cat "$dir/releases/$1/container-image") || return
  if ! podman image exists "$image"; then
    said=$(podman pull --quiet ${login:+"--authfile=$login"} -- "$image" 2>&1 >/dev/null) || return
  fi
  said=$(podman tag "$image" "$(image_name "$1")" 2>&1)
}

image_name() { # ID
  name=$(printf %s "$dir/releases/$1" | sha256sum); printf 'localhost/slipway-release:%s' "${name%% *}"
}

# When its release goes. An image that a name or a container still needs stays.
forget_image() { # ID
  image=$(cat "$dir/releases/$1/container-image" 2>/dev/null) || return 0
  podman untag "$image" "$(image_name "$1")" 2>/dev/null
  [ "$(podman image inspect --format '{{len .RepoTags}}' "$image" 2>/dev/null)" != 0 ] || podman image rm "$image" >/dev/null 2>&1
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
