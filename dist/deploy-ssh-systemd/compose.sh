# The main process of a project, in its release's folder as "launch": CURRENT SERVICE PROJECT COUNT ENGINE. It has
# podman-compose or docker's compose start so many containers, says so to systemd, and lives as long as they do; a container
# that fails ends it, by its code.

podman() { command podman --events-backend=none "$@"; }
docker() { command docker --host=unix:///var/run/docker.sock "$@"; }

ours() {
  if [ $engine = podman ]; then podman ps --quiet --filter "label=slipway.directory=$dir" "$@"; return; fi
  docker ps --quiet --filter "label=com.docker.compose.project=$project" "$@"
}

# One that ended by itself, and well, has done what it was for.
look() { # → all, pids: of those that run, of podman's the monitors: each lives as long as its container
  all=0 pids= ids=$(ours --all)
  [ -n "$ids" ] || return
  if [ $engine = podman ]; then pid=ConmonPid; else pid=Pid; fi
  while read -r state code pid name; do
    all=$((all + 1))
    case $state/$code in
      running/*) pids="$pids $pid" ;;
      created/0) all=$((all - 1)) ;;
      exited/0) ;;
      *) echo "the container of $name is $state, exit code $code" >&2; [ "$code" -gt 0 ] 2>/dev/null || code=1; exit "$code" ;;
    esac
  done <<EOF
$($engine container inspect $ids \
    --format "{{.State.Status}} {{.State.ExitCode}} {{.State.$pid}} {{index .Config.Labels \"com.docker.compose.service\"}}")
EOF
}

alive() {
  for pid in $pids; do kill -0 "$pid" 2>/dev/null || return 1; done
}

end() {
  kill $nap 2>/dev/null
  $engine stop --time=10 $(ours) >/dev/null 2>&1
  exit 0
}

start_by_podman() {
  # its exit code does not say whether it failed
  podman-compose --project-name "$project" --file "$file" --podman-run-args="--cgroups=disabled --pull=never --sdnotify=ignore
    --log-driver=journald --label=slipway.directory=$dir --label=slipway.release=${release##*/}" up --detach --no-build >/dev/null || exit 1
  look
}

# It stays, and writes what the containers write; it can be a plugin of docker, or a program of its own.
start_by_docker() {
  if docker compose version >/dev/null 2>&1; then set -- /usr/bin/docker --host=unix:///var/run/docker.sock compose
  else set -- docker-compose --host=unix:///var/run/docker.sock; fi
  "$@" --project-name "$project" --file "$file" up --no-build --no-color & up=$!
  until look; [ $all -eq "$count" ]; do
    kill -0 $up 2>/dev/null || return 0
    sleep 0.2 & nap=$!
    wait $nap
  done
}

dir=${1%/current} release=$(readlink -f "$1") project=$3 count=$4 engine=$5 nap=
file=$release/$2
trap end TERM
# after a power cut the former ones are still known
ids=$(ours --all)
[ -z "$ids" ] || if [ $engine = podman ]; then podman rm --force --depend --time=0 $ids; else docker rm --force $ids; fi >/dev/null || exit 1
start_by_$engine
[ $all -eq "$count" ] || { echo "$all of $count containers were started" >&2; exit 1; }
systemd-notify --ready || exit 1
while [ -n "$pids" ]; do
  sleep 1 & nap=$!
  wait $nap
  # the engine is slow to say what it knows, and asked only when one has gone
  alive || { sleep 1; look; }
done
