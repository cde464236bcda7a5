import type { Severity } from './form.ts';
import { type Alert, back, own, promDuration, type Rules } from './rule.ts';
import type { Settings } from './settings.ts';

/** Minutes between two runs of the timer that counts on the hosts. */
export const textfileMinutes = 1;

/** Who is turned away, at the service, at SSH and at the firewall; and certificates that end. */
export function securityRules(settings: Settings): Rules {
  const { node, blackbox } = settings.exporters;
  const isSeen = node !== undefined || blackbox !== undefined;
  return {
    level: 'security',
    records: [],
    alerts: [
      rejectedRequests(settings),
      ...(node === undefined ? [] : hostAlerts(settings)),
      ...(isSeen
        ? [
            expiry(settings, 'CertificateExpires', 'warning', 1),
            expiry(settings, 'CertificateExpiresSoon', 'critical', 4),
          ]
        : []),
    ],
  };
}

const textfile = 'node_exporter’s textfile collector, filled by slipway-textfile.timer';

function rejectedRequests(settings: Settings): Alert {
  const { timing, thresholds, metrics, service } = settings;
  return {
    alert: 'RequestsRejected',
    expr: `sum(increase(${own(metrics.rejected, settings)}[${promDuration(timing.window)}])) > ${thresholds.rejectedLogins}`,
    severity: 'warning',
    for: 0,
    looks: back(timing.window),
    summary: `${service} turned {{ $value | humanize }} requests away for who asked`,
    description: `More than ${thresholds.rejectedLogins} in ${promDuration(timing.window)} were answered with 401 or 403.`,
    runbook:
      'One address, or many? Somebody tries passwords: limit the rate, or lock the address out. A client whose key has expired looks the same: ask.',
    from: 'the service’s own metrics',
  };
}

function hostAlerts(settings: Settings): Alert[] {
  const { timing, thresholds, job } = settings;
  const at = `job=${JSON.stringify(`${job}-node`)}`;
  const window = promDuration(timing.window);
  const where = 'The host {{ $labels.instance }}';
  const late = 5 * textfileMinutes * 60_000;
  const counted = (what: string, limit: number) => `sum by (instance) (increase(${what}{${at}}[${window}])) > ${limit}`;
  return [
    {
      alert: 'LoginsRejected',
      expr: counted('slipway_logins_rejected_total', thresholds.rejectedLogins),
      severity: 'warning',
      for: 0,
      looks: back(timing.window + textfileMinutes * 60_000),
      summary: `${where} rejected {{ $value | humanize }} logins by SSH`,
      description: `More than ${thresholds.rejectedLogins} in ${window}.`,
      runbook:
        '`journalctl -t sshd` names addresses and users. Let SSH in from known networks only (`firewall`), and by keys only.',
      from: textfile,
    },
    {
      alert: 'FirewallDenied',
      expr: counted('slipway_firewall_denied_packets_total', thresholds.firewallDenied),
      severity: 'warning',
      for: 0,
      looks: back(timing.window + textfileMinutes * 60_000),
      summary: `${where} dropped {{ $value | humanize }} packets at its firewall`,
      description: `More than ${thresholds.firewallDenied} in ${window}; only rules that have a counter are counted.`,
      runbook:
        'A scan from outside passes by itself. From inside it is a service that was moved, or one that looks around: find the address (`nft monitor trace`).',
      from: textfile,
    },
    {
      alert: 'HostCountersStale',
      expr: `time() - node_textfile_mtime_seconds{${at},file=~".*slipway.prom"} > ${late / 1000}`,
      severity: 'warning',
      for: 0,
      looks: { long: late, short: textfileMinutes * 60_000 },
      summary: `${where} does not count rejected logins and denied packets any more`,
      description: `Its timer has not written for ${promDuration(late)}: the alerts above cannot fire.`,
      runbook: '`systemctl status slipway-textfile.timer slipway-textfile.service` on the host.',
      from: textfile,
    },
  ];
}

/** @param part of the time that is left */
function expiry(
  { exporters, thresholds, job, service }: Settings,
  alert: string,
  severity: Severity,
  part: number,
): Alert {
  const left = Math.round(thresholds.certificate / part);
  const series = [
    ...(exporters.blackbox === undefined ? [] : [`probe_ssl_earliest_cert_expiry{job="${job}-tls"}`]),
    ...(exporters.node === undefined ? [] : [`slipway_certificate_expiry_timestamp_seconds{job="${job}-node"}`]),
  ];
  return {
    alert,
    expr: `(${series.join(' or ')}) - time() < ${left / 1000}`,
    severity,
    for: 0,
    looks: back(exporters.node === undefined ? 0 : textfileMinutes * 60_000),
    summary: `${service}: the certificate of {{ or $labels.path $labels.instance }} ends in {{ $value | humanizeDuration }}`,
    description: `Less than ${promDuration(left)} are left.`,
    runbook:
      'Why was it not renewed? `systemctl list-timers` (certbot, Caddy, acme.sh), or the certificate’s owner; after it was renewed, reload what serves it.',
    from: [
      ...(exporters.blackbox === undefined ? [] : ['blackbox_exporter']),
      ...(exporters.node === undefined ? [] : [textfile]),
    ].join(' and '),
  };
}
