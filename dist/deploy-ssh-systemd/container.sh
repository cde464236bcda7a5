# Releases that are images. The engine, podman or docker, has them by their digests; a name of its own for each release keeps
# an image from being cleaned up, and lets it go with the last release that needs it. The program of such a release is the
# image's manifest: its sha256 is the digest.

podman() { command podman --events-backend=none "$@"; }
# A daemon that hangs is one that does not answer; what brings or ends something takes its time.
docker() {
  case "$1 ${2:-}" in
    --config=*|'pull '*|'rm '*|'rmi '*|'image rm') command docker --host=unix:///var/run/docker.sock "$@" ;;
    *) timeout 10 docker --host=unix:///var/run/docker.sock "$@" ;;
  esac
}

# Asked once before what needs several answers of it.
docker_answers() {
  [ -e "$dir/current/container-engine" ] || return 0
  docker version >/dev/null 2>&1; [ $? -ne 124 ]
}

engine_of() { # RELEASE → engine
  engine=podman; [ ! -e "$dir/releases/$1/container-engine" ] || engine=docker
}

# What runs containers here, and whether others have a project or its names.
serve_containers() { # ENGINE|'' [PROJECT NAME...]
  [ -z "$confined" ] || fact confined yes
  serving=; if [ -e "$dir/current/container-image" ]; then leads=$(readlink "$dir/current"); engine_of "${leads##*/}"; serving=$engine; fi
  engine=${1:-$serving}
  case $engine in
    podman|docker) ;;
    '') engine=podman; [ -x /usr/bin/podman ] || ! command -v docker >/dev/null || engine=docker ;;
    *) fail NAME_REFUSED "$engine"; return ;;
  esac
  fact engine "$engine"; fact serving "$serving"
  [ ! -x /usr/bin/podman ] || fact runtime "$(podman info --format '{{.Host.OCIRuntime.Name}}' 2>/dev/null)"
  if [ $engine = docker ]; then answers=$(docker version --format '{{.Server.Version}}' 2>/dev/null); fact docker "$answers"
  else answers=$(command -v /usr/bin/podman); fi
  shift
  [ $# -eq 0 ] || [ -z "$answers" ] || look_for_project "$@" || return
  printf '@ok\n'
}

look_for_project() { # PROJECT NAME...
  project=$1; shift
  ! composes || fact compose yes
  known=$(projects) || { fail ENGINE_FAILED "$engine"; return 1; }
  others=$(printf '%s\n' "$known" | while read -r name of; do
      [ "${of#*/}" != "$dir" ] || continue
      if [ "${of%%/*}" = "$project" ]; then printf '%s\n' "$name"; continue; fi
      for own; do [ "$own" != "$name" ] || printf '%s\n' "$name"; done
    done)
  for name in $others; do fact foreign "$name"; done
}

composes() {
  if [ $engine = podman ]; then [ -x /usr/bin/podman-compose ]; return; fi
  docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null
}

# By the compose file docker knows which release a container was started for.
file_of_project='{{.Label "com.docker.compose.project.config_files"}}'

# All containers: NAME PROJECT/DIRECTORY.
projects() {
  if [ $engine = docker ]; then
    listed=$(docker ps --all --format "{{.Names}} {{.Label \"com.docker.compose.project\"}}/$file_of_project" 2>/dev/null) || return
    printf '%s\n' "$listed" | sed 's|/releases/[^/]*/[^/]*$||'
    return
  fi
  podman ps --all --format '{{.Names}} {{index .Labels "io.podman.compose.project"}}/{{index .Labels "slipway.directory"}}' 2>/dev/null
}

# Before anything is switched. Credentials are read from a file that nobody else can open, and not kept.
serve_pull() { # ID BYTES, then so many of credentials
  number "$2" || { fail NAME_REFUSED "$2"; exit 1; }
  # below $live, where whoever has the lock next removes what an agent that was killed has left
  login=; [ "$2" -eq 0 ] || { login=$live/login && mkdir -p "$login" && chmod 700 "$login" && take "$2" >"$login/config.json"; } || exit 1
  pulled "$1"; good=$?
  [ -z "$login" ] || { rm -rf "$login"; rmdir "$live" 2>/dev/null || :; }
  [ $good -eq 0 ] || { fail IMAGE_REFUSED "$said"; return; }
  step pulled
  printf '@ok\n'
}

pulled() { # ID → said
  said='the agent is confined'; [ -z "$confined" ] || return
  said=$1; safe "$1" && images=$(cat "$dir/releases/$1/container-image") || return
  engine_of "$1"
  count=
  for image in $images; do
    if ! $engine image inspect "$image" >/dev/null 2>&1; then
      said=$(pull "$image" 2>&1 >/dev/null) || return
    fi
    said=$($engine tag "$image" "$(image_name "$1")$count" 2>&1) || return
    count=$((count - 1)) # -1, -2 …: the first has none
  done
}

pull() { # IMAGE
  if [ $engine = podman ]; then podman pull --quiet ${login:+"--authfile=$login/config.json"} -- "$1"; return; fi
  docker ${login:+"--config=$login"} pull --quiet -- "$1"
}

image_name() { # ID
  name=$(printf %s "$dir/releases/$1" | sha256sum); printf 'localhost/slipway-release:%s' "${name%% *}"
}

# When its release goes. An image that a name or a container still needs stays.
forget_image() { # ID
  images=$(cat "$dir/releases/$1/container-image" 2>/dev/null) || return 0
  engine_of "$1"
  count=
  for image in $images; do
    if [ $engine = podman ]; then podman untag "$image" "$(image_name "$1")$count"; else docker rmi "$(image_name "$1")$count"; fi >/dev/null 2>&1
    [ "$($engine image inspect --format '{{len .RepoTags}}' "$image" 2>/dev/null)" != 0 ] || $engine image rm "$image" >/dev/null 2>&1
    count=$((count - 1))
  done
}

# Of a client that was killed docker's container would go on.
drop_container() {
  [ ! -e "$dir/current/container-engine" ] || docker rm --force "slipway-${unit%"$suffix"}" >/dev/null 2>&1
}

# Whether a process, or the port that it listens on, is one of the service's containers of docker: these are in control
# groups of docker's.
of_docker() { # PID PORT
  [ -e "$dir/current/container-engine" ] || return
  for id in $(docker ps --no-trunc --format "{{.ID}} {{.Names}} $file_of_project" 2>/dev/null |
    awk -v name="slipway-${unit%"$suffix"}" -v dir="$dir/releases/" '$2 == name || index($3, dir) == 1 { print $1 }'); do
    ! grep -q "$id" "/proc/$1/cgroup" 2>/dev/null && ! docker port "$id" 2>/dev/null | grep -q ":$2\$" || return 0
  done
  return 1
}

# What the container of a main process runs, podman's monitor or docker's client: the image of a release, when it is that
# one and the container was started for it. Of one process it stays the same, and it is slow to be said.
program_of_container() { # PID → bytes, exe
  born=$(born "$1"); born="$1 $born"
  [ "${monitor:-}" != "$born" ] || { bytes=$of_monitor exe=$of_monitor; return; }
  case $exe in
    */docker) engine=docker main='{{if .State.Running}}{{index .Config.Labels "slipway.main"}}{{end}}' ;;
    *) engine=podman main='{{.State.ConmonPid}}' ;;
  esac
  looked=$($engine container inspect --format "$main {{.Image}} {{index .Config.Labels \"slipway.release\"}}" "slipway-${unit%"$suffix"}" 2>/dev/null) || return
  set -- "$1" $looked
  [ "${2:-}" = "$1" ] && safe "${4:-}" && image=$(cat "$dir/releases/$4/container-image" 2>/dev/null) || return
  [ "$($engine image inspect --format '{{.Id}}' "$image" 2>/dev/null)" = "$3" ] || { exe="another image, $3"; return; }
  bytes=$dir/releases/$4/$service exe=$bytes monitor=$born of_monitor=$bytes
}

# What the main process of a project runs: the file of a release, when every container was started for it and runs one of
# its images. One that has failed ends the process, so of one process it stays the same.
program_of_project() { # PID → bytes, exe
  born=$(born "$1"); born="$1 $born"
  [ "${monitor:-}" != "$born" ] || { bytes=$of_monitor exe=$of_monitor; return; }
  looked=$(containers_of_project 2>/dev/null) || return
  id=${looked%% *}; safe "$id" && images=$(cat "$dir/releases/$id/container-image" 2>/dev/null) || return
  for image in $images; do
    looked=$(printf '%s\n' "$looked" | grep -vxF "$id $image")
  done
  [ -z "$looked" ] || { exe="another image, $(printf '%s\n' "$looked" | head -n 1)"; return; }
  seen_of ActiveState
  bytes=$dir/releases/$id/$service exe=$bytes
  [ "$property" != active ] || monitor=$born of_monitor=$bytes
}

containers_of_project() { # RELEASE IMAGE, a line each
  if [ ! -e "$dir/current/container-engine" ]; then
    podman ps --all --filter "label=slipway.directory=$dir" --format '{{index .Labels "slipway.release"}} {{.Image}}'
  else
    docker ps --all --no-trunc --format "$file_of_project {{.Image}}" | sed -n "s|^$dir/releases/\([^/]*\)/$service |\1 |p"
  fi
}
