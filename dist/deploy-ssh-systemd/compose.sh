# The main process of a project, in its release's folder as "launch": CURRENT SERVICE PROJECT COUNT. It has podman-compose
# start so many containers, says so to systemd, and lives as long as they do; a container that fails ends it, by its code.

podman() { command podman --events-backend=none "$@"; }

ours() { podman ps --quiet --filter "label=slipway.directory=$dir" "$@"; }

# One that ended by itself, and well, has done what it was for.
look() { # → all, pids: of the monitors of those that run, each of which lives as long as its container
  all=0 pids= ids=$(ours --all)
  [ -n "$ids" ] || return
  while read -r state code pid name; do
    all=$((all + 1))
    case $state/$code in
      running/*) pids="$pids $pid" ;;
      exited/0) ;;
      *) echo "the container of $name is $state, exit code $code" >&2; [ "$code" -gt 0 ] 2>/dev/null || code=1; exit "$code" ;;
    esac
  done <<EOF
$(podman container inspect $ids \
    --format '{{.State.Status}} {{.State.ExitCode}} {{.State.ConmonPid}} {{index .Config.Labels "com.docker.compose.service"}}')
EOF
}

alive() {
  for pid in $pids; do kill -0 "$pid" 2>/dev/null || return 1; done
}

end() {
  kill $nap 2>/dev/null
  podman stop --time=10 $(ours) >/dev/null 2>&1
  exit 0
}

dir=${1%/current} release=$(readlink -f "$1") nap=
trap end TERM
# after a power cut the former ones are still known
ids=$(ours --all)
[ -z "$ids" ] || podman rm --force --depend --time=0 $ids >/dev/null || exit 1
# its exit code does not say whether it failed
podman-compose --project-name "$3" --file "$release/$2" --podman-run-args="--cgroups=disabled --pull=never --sdnotify=ignore
  --log-driver=journald --label=slipway.directory=$dir --label=slipway.release=${release##*/}" up --detach --no-build >/dev/null || exit 1
look
[ $all -eq "$4" ] || { echo "$all of $4 containers were started" >&2; exit 1; }
systemd-notify --ready || exit 1
while [ -n "$pids" ]; do
  sleep 1 & nap=$!
  wait $nap
  # podman is slow to say what it knows, and asked only when one has gone
  alive || { sleep 1; look; }
done
