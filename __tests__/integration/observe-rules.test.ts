import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { renderFiles } from '../../src/release/observe/render.ts';
import { promDuration } from '../../src/release/observe/rule.ts';
import { readSettings } from '../../src/release/observe/settings.ts';
import { describeWith } from './lab.ts';
import { alertsIn, type Ruled, said } from './observed.ts';

jest.setTimeout(60_000);

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const section = {
  service: 'hello',
  targets: ['web1:8080'],
  limits: { cpu: 1, memory: '100MiB' },
  exporters: {
    node: ['web1:9100'],
    blackbox: { address: '127.0.0.1:9115', urls: ['https://hello.example.com'] },
    kubernetes: { namespace: 'shop', container: 'hello' },
  },
  business: [
    { name: 'orders-stopped', counter: 'orders_total', below: 1, over: '10m' },
    { name: 'payments-failing', counter: 'payments_total{result="failed"}', of: 'payments_total', above: '5%' },
  ],
};
/** Days are told from minutes also where Prometheus looks every other one: promtool evaluates each time. */
const coarse = { ...section, timing: { scrape: '2m', evaluate: '2m' } };

/** What a series adds each 15 seconds (a counter) or is (a gauge), while all is just well, and while it is not. */
interface Series {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly well: Value;
  readonly bad: Value;
}
/** `seconds` since the beginning; undefined: the series ends. */
type Value = (seconds: number) => number | undefined;

const fixed = (value: number | undefined) => () => value;
const counter = (name: string, well: number, bad = well): Series => ({
  name,
  kind: 'counter',
  well: fixed(well),
  bad: fixed(bad),
});
const gauge = (name: string, well: number, bad: number | undefined = well): Series => ({
  name,
  kind: 'gauge',
  well: fixed(well),
  bad: fixed(bad),
});
const [own, node, pod] = [
  'job="hello",instance="web1:8080"',
  'job="hello-node",instance="web1:9100"',
  'namespace="shop",container="hello",pod="hello-1"',
];
const requests = (well: number, bad: number, all = 1000) => [
  counter(`http_requests_total{${own},code="200"}`, all),
  counter(`http_requests_total{${own},code="500"}`, well, bad),
];
const bucket = (le: string, well: number, bad = well) =>
  counter(`http_request_duration_seconds_bucket{${own},le="${le}"}`, well, bad);
const MiB = 2 ** 20;

/** `lasts`: milliseconds that it is bad; default: the stated time until it fires. `long`: of hours and days. */
const cases: Record<string, { series: Series[]; lasts?: number; long?: true }> = {
  ServiceDown: { series: [gauge(`up{${own}}`, 1, 0)] },
  ServiceNotScraped: { series: [{ ...gauge(`up{${own}}`, 1), bad: fixed(undefined) }] },
  ErrorRateHigh: { series: requests(45, 70) },
  LatencyP99High: {
    series: [
      ...requests(0, 0),
      bucket('0.25', 1000, 900),
      bucket('0.5', 1000, 900),
      bucket('1', 1000),
      bucket('+Inf', 1000),
    ],
  },
  ErrorBudgetBurn1h: { series: requests(14, 50) },
  ErrorBudgetBurn6h: { series: requests(5, 20), long: true },
  ErrorBudgetBurn3d: { series: requests(0.5, 10), lasts: hour, long: true },
  ServiceCPUHigh: { series: [counter(`process_cpu_seconds_total{${own}}`, 11.5, 12.5)] },
  ServiceMemoryHigh: { series: [gauge(`process_resident_memory_bytes{${own}}`, 89 * MiB, 91 * MiB)] },
  ServiceRestarts: {
    series: [
      {
        ...gauge(`process_start_time_seconds{${own}}`, 0),
        // three times an hour is no alert yet
        well: seconds => Math.floor(seconds / 1260),
        bad: seconds => seconds,
      },
    ],
  },
  HostCPUHigh: { series: [counter(`node_cpu_seconds_total{${node},cpu="0",mode="idle"}`, 3.5, 2.5)] },
  HostMemoryHigh: {
    series: [
      gauge(`node_memory_MemAvailable_bytes{${node}}`, 11, 9),
      gauge(`node_memory_MemTotal_bytes{${node}}`, 100),
    ],
  },
  HostOutOfMemory: { series: [counter(`node_vmstat_oom_kill{${node}}`, 0, 1)] },
  HostDiskFull: {
    series: ['ext4', 'tmpfs'].flatMap(type => [
      gauge(`node_filesystem_avail_bytes{${node},fstype="${type}",mountpoint="/${type}"}`, 16, 14),
      gauge(`node_filesystem_size_bytes{${node},fstype="${type}",mountpoint="/${type}"}`, 100),
    ]),
  },
  PodCPUHigh: {
    series: [
      counter(`container_cpu_usage_seconds_total{${pod},cpu="total"}`, 5.5, 6.5),
      gauge(`kube_pod_container_resource_limits{${pod},resource="cpu",unit="core"}`, 0.5),
      counter('container_cpu_usage_seconds_total{namespace="shop",container="other",pod="other"}', 15),
    ],
  },
  PodMemoryHigh: {
    series: [
      gauge(`container_memory_working_set_bytes{${pod},id="x"}`, 89, 91),
      gauge(`kube_pod_container_resource_limits{${pod},resource="memory",unit="byte"}`, 100),
    ],
  },
  PodOutOfMemory: {
    series: [
      gauge(`kube_pod_container_status_last_terminated_reason{${pod},reason="OOMKilled"}`, 1),
      counter(`kube_pod_container_status_restarts_total{${pod}}`, 0, 1),
    ],
  },
  PodRestarts: { series: [counter(`kube_pod_container_status_restarts_total{${pod}}`, 2.5 / 240, 1)] },
  PodVolumeFull: {
    series: [
      gauge('kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="data"}', 84, 86),
      gauge('kubelet_volume_stats_capacity_bytes{namespace="shop",persistentvolumeclaim="data"}', 100),
    ],
  },
  OrdersStopped: { series: [counter(`orders_total{${own}}`, 0.1, 0)] },
  PaymentsFailing: {
    series: [
      counter(`payments_total{${own},result="failed"}`, 4, 6),
      counter(`payments_total{${own},result="ok"}`, 96, 94),
    ],
  },
  RequestsRejected: { series: [counter(`http_requests_total{${own},code="401"}`, 0.9, 1.5)] },
  LoginsRejected: { series: [counter(`slipway_logins_rejected_total{${node}}`, 0.9, 1.5)] },
  FirewallDenied: {
    series: ['a', 'b'].map(table => counter(`slipway_firewall_denied_packets_total{${node},table="${table}"}`, 2.4, 3)),
  },
  HostCountersStale: {
    series: [
      {
        ...gauge(`node_textfile_mtime_seconds{${node},file="/var/lib/prometheus/node-exporter/slipway.prom"}`, 0),
        well: seconds => seconds,
        bad: fixed(0),
      },
    ],
  },
  CertificateExpires: {
    series: [
      gauge(
        'probe_ssl_earliest_cert_expiry{job="hello-tls",instance="https://hello.example.com"}',
        (15 * day) / 1000,
        (13 * day) / 1000,
      ),
    ],
  },
  CertificateExpiresSoon: {
    series: [
      gauge(`slipway_certificate_expiry_timestamp_seconds{${node},path="/a"}`, (4 * day) / 1000, (3 * day) / 1000),
    ],
  },
};

/** Well, then bad, then well again: nothing fires, it fires within its time, and it is gone within its time. */
function testOf({ alert, fires, clears }: Ruled, step: number) {
  const { series, lasts = fires } = cases[alert]!;
  const began = alert.endsWith('Restarts') ? 80 * minute : 20 * minute;
  const ended = began + Math.ceil(lasts / step) * step;
  const end = ended + Math.ceil(clears / step + 1) * step;
  const values = ({ kind, well, bad }: Series) => {
    let sum = 0;
    return Array.from({ length: end / step + 1 }, (_, index) => {
      const at = index * step;
      const value = (at >= began && at <= ended ? bad : well)(at / 1000);
      if (value === undefined) return 'stale';
      sum += (value * step) / 15_000;
      return kind === 'counter' ? Number(sum.toFixed(6)) : value;
    }).join(' ');
  };
  const many = (at: number, value: number) => ({
    expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
    eval_time: promDuration(at),
    exp_samples: [{ labels: '{}', value }],
  });
  return {
    name: alert,
    interval: promDuration(step),
    input_series: series.map(one => ({ series: one.name, values: values(one) })),
    promql_expr_test: [many(began - step, 0), many(ended, 1), many(end, 0)],
  };
}

await describeWith('package:prometheus', 'the generated rules, by promtool', () => {
  let folder: string;

  /** Writes what observe writes; the files of rules by level. */
  async function written(name: string, data: object): Promise<Record<string, string>> {
    const rendered = Object.entries(renderFiles(readSettings(data, () => 'slipway.yml')));
    await mkdir(join(folder, name));
    for (const [file, text] of rendered) await writeFile(join(folder, name, file), text);
    return Object.fromEntries(
      rendered
        .filter(([file]) => file.endsWith('.rules.yml'))
        .map(([file]) => [file.replace('.rules.yml', ''), join(folder, name, file)]),
    );
  }
  async function promtool(file: string, tests: ReturnType<typeof testOf>[]): Promise<string> {
    const path = join(folder, `${randomUUID()}.yml`);
    await writeFile(path, stringify({ rule_files: [file], evaluation_interval: tests[0]!.interval, tests }));
    return said('promtool', 'test', 'rules', path);
  }
  let usual: Record<string, string>;
  let slow: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-rules-'));
    usual = await written('usual', section);
    slow = await written('slow', coarse);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('check config and check rules', async () => {
    const config = join(folder, 'usual', 'prometheus.yml');
    expect(await said('promtool', 'check', 'config', config)).toContain('4 rule files found');
    for (const file of Object.values(usual))
      expect(await said('promtool', 'check', 'rules', file)).toContain('SUCCESS');
  });

  test('each alert has a case', async () => {
    const names = (await alertsIn(Object.values(usual))).map(({ alert }) => alert);
    expect(names.sort()).toEqual(Object.keys(cases).sort());
  });

  test.each(['service', 'system', 'business', 'security', 'service of hours'])(
    'level %s: each fires and clears within the time that it states, and not a little below its threshold',
    async level => {
      const isLong = level === 'service of hours';
      const file = isLong ? slow['service']! : usual[level]!;
      const wanted = (await alertsIn([file])).filter(({ alert }) => (cases[alert]!.long === true) === isLong);
      expect(wanted.length).toBeGreaterThan(1);
      expect(
        await promtool(
          file,
          wanted.map(one => testOf(one, isLong ? 2 * minute : 15_000)),
        ),
      ).toContain('SUCCESS');
    },
  );

  test('one failed request at night is no alert; a service that never failed has an error rate of 0', async () => {
    const at = (expr: string, value: number) => ({ expr, eval_time: '30m', exp_samples: [{ labels: '{}', value }] });
    const night = `${'0 '.repeat(100)}${'1 '.repeat(60)}`.trim();
    await promtool(usual['service']!, [
      {
        name: 'night',
        interval: '15s',
        input_series: [{ series: `http_requests_total{${own},code="500"}`, values: night }],
        promql_expr_test: [
          at('count(ALERTS{level="service",alertname!="ServiceNotScraped"}) or vector(0)', 0),
          at('sum(slipway:request_errors:ratio_rate30m)', 1),
        ],
      },
      {
        name: 'flawless',
        interval: '15s',
        input_series: [{ series: `http_requests_total{${own},code="200"}`, values: '0+100x120' }],
        promql_expr_test: [at('sum(slipway:request_errors:ratio_rate5m)', 0)],
      },
    ]);
  });
});
