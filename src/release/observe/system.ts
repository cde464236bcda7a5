import { equals } from '../../core/prometheus-selector.ts';
import { formatSize } from '../../core/units.ts';
import { type Alert, back, decimal, own, percent, promDuration, type Rules } from './rule.ts';
import type { Settings } from './settings.ts';

/** Of what restarts are counted over: so many windows. */
export const restartWindows = 12;

/** CPU, memory, OOM, restarts, disk: of the process, of its hosts, of its pods, as far as an exporter is named. */
export function systemRules(settings: Settings): Rules {
  const { node, kubernetes } = settings.exporters;
  return {
    level: 'system',
    records: [],
    alerts: [
      ...processAlerts(settings),
      ...(node === undefined ? [] : hostAlerts(settings)),
      ...(kubernetes === undefined ? [] : podAlerts(settings, kubernetes)),
    ],
  };
}

interface Usage {
  readonly what: 'CPU' | 'Memory';
  readonly of: string;
  readonly expr: string;
  readonly where: string;
  readonly from: string;
  readonly description: string;
  readonly runbook: string;
}

/** A share of a limit that is used. */
function usage(settings: Settings, { what, of, expr, where, ...about }: Usage): Alert {
  const { timing, thresholds } = settings;
  const limit = what === 'CPU' ? thresholds.cpu : thresholds.memory;
  return {
    alert: `${of}${what}High`,
    expr: `${expr} > ${decimal(limit)}`,
    severity: 'warning',
    for: timing.for,
    looks: back(what === 'CPU' ? timing.window : 0),
    summary: `${where} uses {{ $value | humanizePercentage }} of its ${what === 'CPU' ? 'CPU' : 'memory'}`,
    ...about,
    description: `${about.description} Alarm above ${percent(limit)}.`,
  };
}

const ownMetrics = 'process metrics of the Go client library (client_golang’s process collector)';

function processAlerts(settings: Settings): Alert[] {
  const { timing, limits, thresholds, service } = settings;
  const series = (metric: string) => own({ metric, matchers: [] }, settings);
  const where = `${service} at {{ $labels.instance }}`;
  const span = restartWindows * timing.window;
  return [
    ...(limits.cpu === undefined
      ? []
      : [
          usage(settings, {
            what: 'CPU',
            of: 'Service',
            expr: `rate(${series('process_cpu_seconds_total')}[${promDuration(timing.window)}]) / ${decimal(limits.cpu)}`,
            where,
            from: ownMetrics,
            description: `Its limit is ${limits.cpu} CPUs.`,
            runbook:
              'Requests wait when it is throttled. More traffic than usual? Take a CPU profile, raise the limit, or add an instance.',
          }),
        ]),
    ...(limits.memory === undefined
      ? []
      : [
          usage(settings, {
            what: 'Memory',
            of: 'Service',
            expr: `${series('process_resident_memory_bytes')} / ${limits.memory}`,
            where,
            from: ownMetrics,
            description: `Its limit is ${formatSize(limits.memory)}; above it the kernel ends it.`,
            runbook:
              'Does it grow without end (a leak: take a heap profile, `slipway rollback` if it came with a release), or with the traffic (raise the limit and GOMEMLIMIT)?',
          }),
        ]),
    {
      alert: 'ServiceRestarts',
      expr: `changes(${series('process_start_time_seconds')}[${promDuration(span)}]) > ${thresholds.restarts}`,
      severity: 'warning',
      for: 0,
      looks: back(span),
      summary: `${where} began anew {{ $value }} times in ${promDuration(span)}`,
      description: `More than ${thresholds.restarts} times: it crashes, is ended for its memory, or its watchdog ends it.`,
      runbook: '`slipway logs`: the last lines before each end say why. Exit status 137 or “oom” is memory.',
      from: ownMetrics,
    },
  ];
}

/** Not of an overlay or a memory disk: those are no disks that fill. */
const realDisks = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|fuse.*|nsfs|proc|sysfs"';

function hostAlerts(settings: Settings): Alert[] {
  const { timing, thresholds, job } = settings;
  const at = `job=${JSON.stringify(`${job}-node`)}`;
  const window = promDuration(timing.window);
  const where = 'The host {{ $labels.instance }}';
  const from = 'node_exporter';
  return [
    usage(settings, {
      what: 'CPU',
      of: 'Host',
      expr: `1 - avg by (instance) (rate(node_cpu_seconds_total{${at},mode="idle"}[${window}]))`,
      where,
      from,
      description: 'All its CPUs together.',
      runbook:
        '`top` on the host: the service, or something else? Move it away, or give the service a quota of its own.',
    }),
    usage(settings, {
      what: 'Memory',
      of: 'Host',
      expr: `1 - node_memory_MemAvailable_bytes{${at}} / node_memory_MemTotal_bytes{${at}}`,
      where,
      from,
      description: 'What is not available to new programs.',
      runbook: '`ps aux --sort=-rss | head` on the host; a service without memory-max takes what it gets.',
    }),
    {
      alert: 'HostOutOfMemory',
      expr: `increase(node_vmstat_oom_kill{${at}}[${window}]) > 0`,
      severity: 'critical',
      for: 0,
      looks: back(timing.window),
      summary: `${where} had no memory left: the kernel ended a process`,
      description: 'A process was killed for its memory, maybe the service.',
      runbook: '`journalctl -k | grep -i oom` names it. Raise its limit, or mend the leak.',
      from,
    },
    {
      alert: 'HostDiskFull',
      expr: `1 - node_filesystem_avail_bytes{${at},${realDisks}} / node_filesystem_size_bytes{${at},${realDisks}} > ${decimal(thresholds.disk)}`,
      severity: 'warning',
      for: timing.for,
      looks: back(0),
      summary: `${where}: {{ $labels.mountpoint }} is {{ $value | humanizePercentage }} full`,
      description: `Alarm above ${percent(thresholds.disk)}.`,
      runbook: '`du -xh --max-depth=2 MOUNTPOINT | sort -h | tail`: logs, old releases (keep-releases), backups.',
      from,
    },
  ];
}

function podAlerts(settings: Settings, { namespace, container }: { namespace: string; container: string }): Alert[] {
  const { timing, thresholds } = settings;
  const of = [equals('namespace', namespace), equals('container', container)]
    .map(({ label, operator, value }) => `${label}${operator}${value}`)
    .join(',');
  const window = promDuration(timing.window);
  const span = promDuration(restartWindows * timing.window);
  const by = 'sum by (namespace, pod, container)';
  const limit = (resource: string) => `${by} (kube_pod_container_resource_limits{${of},resource="${resource}"})`;
  const where = 'The pod {{ $labels.pod }}';
  const [cadvisor, states] = ['cAdvisor (in the kubelet) and kube-state-metrics', 'kube-state-metrics'];
  return [
    usage(settings, {
      what: 'CPU',
      of: 'Pod',
      expr: `${by} (rate(container_cpu_usage_seconds_total{${of}}[${window}])) / ${limit('cpu')}`,
      where,
      from: cadvisor,
      description: 'Of the limit of its container.',
      runbook:
        'Requests wait when it is throttled. More traffic than usual? The autoscaler’s most pods reached? Take a CPU profile, raise the limit.',
    }),
    usage(settings, {
      what: 'Memory',
      of: 'Pod',
      expr: `${by} (container_memory_working_set_bytes{${of}}) / ${limit('memory')}`,
      where,
      from: cadvisor,
      description: 'Of the limit of its container; above it the kernel ends it.',
      runbook:
        'Does it grow without end (a leak: heap profile; `slipway rollback` if it came with a release), or with the traffic (raise limit and GOMEMLIMIT)?',
    }),
    {
      alert: 'PodOutOfMemory',
      expr: `kube_pod_container_status_last_terminated_reason{${of},reason="OOMKilled"} == 1 and on (namespace, pod, container) increase(kube_pod_container_status_restarts_total{${of}}[${window}]) > 0`,
      severity: 'critical',
      for: 0,
      looks: back(timing.window),
      summary: `${where} was ended for its memory`,
      description: 'Its container went over its memory limit.',
      runbook: 'As PodMemoryHigh. GOMEMLIMIT at 90 % of the limit makes Go collect before the kernel ends it.',
      from: states,
    },
    {
      alert: 'PodRestarts',
      expr: `increase(kube_pod_container_status_restarts_total{${of}}[${span}]) > ${thresholds.restarts}`,
      severity: 'warning',
      for: 0,
      looks: back(restartWindows * timing.window),
      summary: `${where} began anew {{ $value | humanize }} times in ${span}`,
      description: `More than ${thresholds.restarts} times.`,
      runbook:
        '`kubectl logs --previous` and `kubectl describe pod` say why: a crash, a failing liveness probe, memory.',
      from: states,
    },
    {
      alert: 'PodVolumeFull',
      expr: `kubelet_volume_stats_used_bytes{namespace=${JSON.stringify(namespace)}} / kubelet_volume_stats_capacity_bytes{namespace=${JSON.stringify(namespace)}} > ${decimal(thresholds.disk)}`,
      severity: 'warning',
      for: timing.for,
      looks: back(0),
      summary: 'The volume {{ $labels.persistentvolumeclaim }} is {{ $value | humanizePercentage }} full',
      description: `Alarm above ${percent(thresholds.disk)}.`,
      runbook: 'Delete what is old, or make the claim larger where its storage class lets you.',
      from: 'the kubelet’s volume metrics',
    },
  ];
}
