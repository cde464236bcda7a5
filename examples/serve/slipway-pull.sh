#!/bin/sh
# /usr/local/etc/rc.d/slipway-pull.sh: the same on a Synology NAS, which calls it with start at boot and with stop at
# shutdown. See docs/pull.md. Of slipway-serve only the command differs.
user=slipway
home=/volume1/slipway # slipway.yml, and environment: NAME='value' lines, mode 0600
command='slipway pull --from production -e nas --interval 60s --state state'
pidfile=/var/run/slipway-pull.pid

running() { [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; }

case "$1" in
start)
	running && exit 0
	# as a user who may read the key and nothing else; what ends is started again
	setsid su -s /bin/sh "$user" -c "
		cd '$home' && set -a && . ./environment && set +a || exit 1
		trap 'kill \$child 2>/dev/null; wait \$child; exit 0' TERM
		while :; do
			$command >>pull.log 2>&1 & child=\$!
			wait \$child
			sleep 30 & child=\$!
			wait \$child
		done" </dev/null >/dev/null 2>&1 &
	echo $! >"$pidfile"
	;;
stop)
	running || exit 0
	kill -TERM "$(cat "$pidfile")"
	for _ in $(seq 60); do running || break; sleep 1; done
	rm -f "$pidfile"
	;;
restart) "$0" stop && "$0" start ;;
status) running && echo running || { echo stopped; exit 1; } ;;
*) echo "usage: $0 start|stop|restart|status" >&2; exit 2 ;;
esac
