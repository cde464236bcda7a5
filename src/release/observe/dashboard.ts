import { createHash } from 'node:crypto';
import { own, promDuration } from './rule.ts';
import type { Settings } from './settings.ts';

interface Panel {
  readonly title: string;
  readonly unit: 'percentunit' | 'reqps' | 's' | 'short' | 'dtdurations' | 'bytes';
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** Where it is drawn red. */
  readonly limit?: number;
}

/**
 * A dashboard of Grafana: a row for each level, and lines where releases were made (`notify` with `grafana`).
 * Source: the dashboard model of Grafana 10, schema version 39.
 */
export function dashboardFile(settings: Settings): string {
  const rows: [string, Panel[]][] = [
    ['Service', servicePanels(settings)],
    ['System', systemPanels(settings)],
    ['Business', businessPanels(settings)],
    ['Security', securityPanels(settings)],
  ];
  const panels: object[] = [];
  let y = 0;
  for (const [title, list] of rows) {
    if (list.length === 0) continue;
    panels.push({
      type: 'row',
      id: panels.length + 1,
      title,
      collapsed: false,
      gridPos: { h: 1, w: 24, x: 0, y },
      panels: [],
    });
    y += 1;
    for (const [index, panel] of list.entries())
      panels.push(
        panelOf(panel, panels.length + 1, { h: 8, w: 8, x: (index % 3) * 8, y: y + Math.floor(index / 3) * 8 }),
      );
    y += Math.ceil(list.length / 3) * 8;
  }
  const { service } = settings;
  return `${JSON.stringify(
    {
      uid: dashboardUid(service),
      title: service,
      description: 'Written by slipway observe.',
      tags: ['slipway', service],
      schemaVersion: 39,
      editable: true,
      graphTooltip: 1,
      timezone: 'browser',
      time: { from: 'now-6h', to: 'now' },
      refresh: '30s',
      annotations: { list: [releases(service)] },
      templating: {
        list: [{ type: 'datasource', name: 'datasource', label: 'Prometheus', query: 'prometheus' }],
      },
      panels,
    },
    null,
    2,
  )}\n`;
}

/** Up to 40 characters that stay the same over reruns: the dashboard keeps its address. */
export const dashboardUid = (service: string) =>
  `slipway-${createHash('sha256').update(service).digest('hex').slice(0, 12)}`;

/** Lines at releases, as the receiver `grafana` of `notify` writes them. */
const releases = (service: string) => ({
  name: 'Releases',
  enable: true,
  iconColor: 'blue',
  datasource: { type: 'grafana', uid: '-- Grafana --' },
  target: { type: 'tags', tags: ['slipway', service], matchAny: false, limit: 100 },
});

function panelOf({ title, unit, queries, limit }: Panel, id: number, gridPos: object): object {
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  const steps = [{ value: null, color: 'green' }, ...(limit === undefined ? [] : [{ value: limit, color: 'red' }])];
  return {
    type: 'timeseries',
    id,
    title,
    datasource,
    gridPos,
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat,
      range: true,
    })),
    fieldConfig: {
      defaults: {
        unit,
        thresholds: { mode: 'absolute', steps },
        custom: { drawStyle: 'line', fillOpacity: 10, thresholdsStyle: { mode: limit === undefined ? 'off' : 'line' } },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

function servicePanels(settings: Settings): Panel[] {
  const { metrics, timing, objectives, thresholds, burn } = settings;
  const window = promDuration(timing.window);
  const { metric, matchers } = metrics.durations;
  const buckets = own({ metric: `${metric}_bucket`, matchers }, settings);
  const [requests, errors] = [own(metrics.requests, settings), own(metrics.errors, settings)];
  const ratio = (span: string) => `(sum(rate(${errors}[${span}])) or vector(0)) / sum(rate(${requests}[${span}]))`;
  const budget = 1 - objectives.availability;
  return [
    {
      title: 'Requests',
      unit: 'reqps',
      queries: [
        [`sum(rate(${requests}[${window}]))`, 'all'],
        [`sum(rate(${errors}[${window}])) or vector(0)`, 'errors'],
      ],
    },
    { title: 'Error rate', unit: 'percentunit', limit: thresholds.errorRate, queries: [[ratio(window), 'errors']] },
    {
      title: 'Latency',
      unit: 's',
      limit: objectives.latency / 1000,
      queries: [0.5, 0.95, 0.99].map(
        q => [`histogram_quantile(${q}, sum by (le) (rate(${buckets}[${window}])))`, `P${q * 100}`] as const,
      ),
    },
    {
      title: 'Budget of errors: how fast it burns',
      unit: 'short',
      limit: Math.min(...burn.map(({ factor }) => factor)),
      queries: [...new Set(burn.map(({ long }) => promDuration(long)))].map(
        span => [`(${ratio(span)}) / ${Number(budget.toPrecision(12))}`, span] as const,
      ),
    },
    {
      title: 'Instances that answer',
      unit: 'short',
      queries: [[`sum(${own({ metric: 'up', matchers: [] }, settings)})`, 'up']],
    },
  ];
}

function systemPanels(settings: Settings): Panel[] {
  const { timing, limits, exporters, job, thresholds } = settings;
  const window = promDuration(timing.window);
  const series = (metric: string) => own({ metric, matchers: [] }, settings);
  const node = `job="${job}-node"`;
  const of =
    exporters.kubernetes &&
    `namespace="${exporters.kubernetes.namespace}",container="${exporters.kubernetes.container}"`;
  return [
    {
      title: 'CPU of the service',
      unit: 'short',
      ...(limits.cpu === undefined ? {} : { limit: limits.cpu * thresholds.cpu }),
      queries: [
        [`rate(${series('process_cpu_seconds_total')}[${window}])`, '{{instance}}'],
        ...(of === undefined
          ? []
          : [[`sum by (pod) (rate(container_cpu_usage_seconds_total{${of}}[${window}]))`, '{{pod}}'] as const]),
      ],
    },
    {
      title: 'Memory of the service',
      unit: 'bytes',
      ...(limits.memory === undefined ? {} : { limit: limits.memory * thresholds.memory }),
      queries: [
        [series('process_resident_memory_bytes'), '{{instance}}'],
        ...(of === undefined ? [] : [[`sum by (pod) (container_memory_working_set_bytes{${of}})`, '{{pod}}'] as const]),
      ],
    },
    ...(exporters.node === undefined
      ? []
      : ([
          {
            title: 'CPU of the hosts',
            unit: 'percentunit',
            limit: thresholds.cpu,
            queries: [
              [`1 - avg by (instance) (rate(node_cpu_seconds_total{${node},mode="idle"}[${window}]))`, '{{instance}}'],
            ],
          },
          {
            title: 'Memory of the hosts',
            unit: 'percentunit',
            limit: thresholds.memory,
            queries: [
              [`1 - node_memory_MemAvailable_bytes{${node}} / node_memory_MemTotal_bytes{${node}}`, '{{instance}}'],
            ],
          },
          {
            title: 'Disks',
            unit: 'percentunit',
            limit: thresholds.disk,
            queries: [
              [
                `1 - node_filesystem_avail_bytes{${node}} / node_filesystem_size_bytes{${node}}`,
                '{{instance}} {{mountpoint}}',
              ],
            ],
          },
        ] satisfies Panel[])),
  ];
}

function businessPanels(settings: Settings): Panel[] {
  return settings.business.map(({ name, counter, of, above, below, over }) => {
    const window = promDuration(over ?? settings.timing.window);
    const many = (series: string) => `(sum(increase(${series}[${window}])) or vector(0))`;
    const expr = many(own(counter, settings));
    return {
      title: name,
      unit: of === undefined ? 'short' : 'percentunit',
      limit: above ?? below!,
      queries: [[of === undefined ? expr : `${expr} / ${many(own(of, settings))}`, name]],
    };
  });
}

function securityPanels(settings: Settings): Panel[] {
  const { metrics, timing, exporters, job, thresholds } = settings;
  const window = promDuration(timing.window);
  const node = `job="${job}-node"`;
  const certificates = [
    ...(exporters.blackbox === undefined
      ? []
      : [[`probe_ssl_earliest_cert_expiry{job="${job}-tls"} - time()`, '{{instance}}'] as const]),
    ...(exporters.node === undefined
      ? []
      : [[`slipway_certificate_expiry_timestamp_seconds{${node}} - time()`, '{{instance}} {{path}}'] as const]),
  ];
  return [
    {
      title: 'Turned away',
      unit: 'short',
      limit: thresholds.rejectedLogins,
      queries: [
        [`sum(increase(${own(metrics.rejected, settings)}[${window}])) or vector(0)`, 'requests'],
        ...(exporters.node === undefined
          ? []
          : [[`increase(slipway_logins_rejected_total{${node}}[${window}])`, 'logins {{instance}}'] as const]),
      ],
    },
    ...(exporters.node === undefined
      ? []
      : [
          {
            title: 'Denied by the firewall',
            unit: 'short',
            limit: thresholds.firewallDenied,
            queries: [
              [
                `sum by (instance) (increase(slipway_firewall_denied_packets_total{${node}}[${window}]))`,
                '{{instance}}',
              ],
            ],
          } satisfies Panel,
        ]),
    ...(certificates.length === 0
      ? []
      : [{ title: 'Certificates: time left', unit: 's', queries: certificates } satisfies Panel]),
  ];
}
