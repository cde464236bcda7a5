import { textfileMinutes } from './security.ts';
import type { Settings } from './settings.ts';
import { written } from './text.ts';

/** Where Debian's node_exporter looks for text files. */
const debianFolder = '/var/lib/prometheus/node-exporter';

/**
 * A script for hosts, its service and its timer: it counts what no exporter does, rejected logins, packets that the
 * firewall denied, and reads when certificates end.
 */
export function textfileFiles({ exporters }: Settings): Record<string, string> {
  const { textfile = debianFolder, certificates = [] } = exporters;
  return {
    'slipway-textfile': script(textfile, certificates),
    'slipway-textfile.service': `# ${written}
[Unit]
Description=Counts rejected logins and denied packets for node_exporter
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/slipway-textfile
StateDirectory=slipway-textfile
ProtectSystem=strict
ReadWritePaths=${textfile}
ProtectHome=read-only
PrivateTmp=yes
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_ADMIN CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE
`,
    'slipway-textfile.timer': `# ${written}
[Unit]
Description=Counts rejected logins and denied packets every minute
[Timer]
OnBootSec=${textfileMinutes}min
OnUnitActiveSec=${textfileMinutes}min
AccuracySec=5s
[Install]
WantedBy=timers.target
`,
  };
}

/** Counters go on over runs and restarts of the host; a file of node_exporter is replaced whole. */
const script = (folder: string, certificates: readonly string[]) => `#!/bin/sh
# ${written}
# On each host, as root:
#   install -m 755 slipway-textfile /usr/local/sbin/
#   install -m 644 slipway-textfile.service slipway-textfile.timer /etc/systemd/system/
#   systemctl daemon-reload && systemctl enable --now slipway-textfile.timer
set -eu
export LC_ALL=C
state=\${STATE_DIRECTORY:-/var/lib/slipway-textfile}
folder=${folder}
certificates='${certificates.join(' ')}'
mkdir -p "$state" "$folder"

# Of the journal, what came since the last run; the first run begins a minute ago.
since=--since=-1min
[ ! -s "$state/cursor" ] || since=
new=$(journalctl -q -o cat -t sshd -t sshd-session --cursor-file="$state/cursor" $since |
  grep -cE '^(Failed |Connection (closed|reset) by (authenticating|invalid) user |Disconnected from (authenticating|invalid) user |error: maximum authentication attempts )' || true)
logins=$(($(cat "$state/logins" 2>/dev/null || echo 0) + new))
printf '%s\\n' "$logins" >"$state/logins.new"
mv "$state/logins.new" "$state/logins"

# Packets of rules that drop or reject and count: \`counter drop\`, or a counter with the comment "denied" before a policy.
# A table that is loaded anew begins at 0, which rate() and increase() know.
denied() {
  nft list ruleset 2>/dev/null | awk '
    $1 == "table" { table = $2 " " $3 }
    /counter packets [0-9]+/ && / (drop|reject)|comment "denied"/ {
      for (at = 1; at < NF; at++) if ($at == "packets") sum[table] += $(at + 1)
    }
    END { for (table in sum) printf "slipway_firewall_denied_packets_total{table=\\"%s\\"} %d\\n", table, sum[table] }' | sort
}

expiry() {
  for path in $certificates; do
    [ -r "$path" ] || continue
    end=$(openssl x509 -noout -enddate -in "$path" 2>/dev/null | sed 's/^notAfter=//') || continue
    [ -z "$end" ] || printf 'slipway_certificate_expiry_timestamp_seconds{path="%s"} %s\\n' "$path" "$(date -d "$end" +%s)"
  done
}

part=$(mktemp "$folder/.slipway.XXXXXX")
trap 'rm -f "$part"' EXIT
{
  echo '# HELP slipway_logins_rejected_total Logins by SSH that were rejected.'
  echo '# TYPE slipway_logins_rejected_total counter'
  echo "slipway_logins_rejected_total $logins"
  echo '# HELP slipway_firewall_denied_packets_total Packets that rules with a counter dropped or rejected.'
  echo '# TYPE slipway_firewall_denied_packets_total counter'
  denied
  echo '# HELP slipway_certificate_expiry_timestamp_seconds When a certificate ends.'
  echo '# TYPE slipway_certificate_expiry_timestamp_seconds gauge'
  expiry
} >"$part"
chmod 644 "$part"
mv "$part" "$folder/slipway.prom"
`;
