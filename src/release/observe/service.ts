import { formatDuration } from '../../core/units.ts';
import { type Alert, back, decimal, increase, own, percent, promDuration, type Recorded, type Rules } from './rule.ts';
import type { Burn, Settings } from './settings.ts';

const ratio = (ms: number) => `slipway:request_errors:ratio_rate${promDuration(ms)}`;

const latency = 'slipway:request_duration_seconds:p99';

/** Errors, latency and the budget of errors: what users feel. */
export function serviceRules(settings: Settings): Rules {
  const { burn, timing } = settings;
  const windows = [...new Set([timing.window, ...burn.flatMap(({ short, long }) => [short, long])])].sort(
    (a, b) => a - b,
  );
  return {
    level: 'service',
    records: [...windows.map(ms => errorRatio(settings, ms)), latencyOf(settings)],
    alerts: [
      down(settings),
      absent(settings),
      errorRate(settings),
      slow(settings),
      ...burn.map(one => burning(one, settings)),
    ],
  };
}

/** A service that answers without an error has no series of errors: that is no missing answer, but 0. */
function errorRatio(settings: Settings, ms: number): Recorded {
  const window = promDuration(ms);
  const { requests, errors } = settings.metrics;
  const failed = `(sum(rate(${own(errors, settings)}[${window}])) or vector(0))`;
  return { record: ratio(ms), expr: `${failed} / sum(rate(${own(requests, settings)}[${window}]))` };
}

function latencyOf(settings: Settings): Recorded {
  const { metric, matchers } = settings.metrics.durations;
  const buckets = own({ metric: `${metric}_bucket`, matchers }, settings);
  return {
    record: latency,
    expr: `histogram_quantile(0.99, sum by (le) (rate(${buckets}[${promDuration(settings.timing.window)}])))`,
  };
}

const kept = (name: string, { service }: Settings) => `${name}{service=${JSON.stringify(service)}}`;

/** One failed request at night is no alert. */
function enough(settings: Settings, ms: number): string {
  const { metrics, thresholds } = settings;
  return `and on () ${increase(own(metrics.requests, settings), ms)} >= ${thresholds.minRequests}`;
}

const libraries = 'the service’s own metrics';

function down(settings: Settings): Alert {
  return {
    alert: 'ServiceDown',
    expr: `${own({ metric: 'up', matchers: [] }, settings)} == 0`,
    severity: 'critical',
    for: settings.timing.for,
    looks: back(0),
    summary: `${settings.service} does not answer at {{ $labels.instance }}`,
    description: 'Prometheus cannot read its metrics: it is down, or the way to it is.',
    runbook:
      'Is the process there (`slipway status`, `slipway logs`)? Does its port answer from Prometheus’ machine? After a release: `slipway rollback`.',
    from: 'Prometheus itself (up)',
  };
}

function absent(settings: Settings): Alert {
  return {
    alert: 'ServiceNotScraped',
    expr: `absent(${own({ metric: 'up', matchers: [] }, settings)})`,
    severity: 'critical',
    for: settings.timing.for,
    looks: back(0),
    summary: `Prometheus has no target of ${settings.service}`,
    description: 'No alert of the service can fire: nobody looks.',
    runbook:
      'Compare the job and the labels of Prometheus’ targets (/targets) with `job` or `select` of the section observe.',
    from: 'Prometheus itself (up)',
  };
}

function errorRate(settings: Settings): Alert {
  const { timing, thresholds } = settings;
  return {
    alert: 'ErrorRateHigh',
    expr: `${kept(ratio(timing.window), settings)} > ${decimal(thresholds.errorRate)} ${enough(settings, timing.window)}`,
    severity: 'critical',
    for: timing.for,
    looks: back(timing.window),
    summary: `${settings.service} answers {{ $value | humanizePercentage }} of its requests with errors`,
    description: `More than ${percent(thresholds.errorRate)} over ${promDuration(timing.window)}.`,
    runbook:
      'Did it begin with a release (annotations of the dashboard)? Then `slipway rollback`, and look afterwards. Else: logs of the failing path, then what it depends on.',
    from: libraries,
  };
}

function slow(settings: Settings): Alert {
  const { timing, objectives } = settings;
  return {
    alert: 'LatencyP99High',
    expr: `${kept(latency, settings)} > ${decimal(objectives.latency / 1000)} ${enough(settings, timing.window)}`,
    severity: 'warning',
    for: timing.for,
    looks: back(timing.window),
    summary: `${settings.service}: one in a hundred requests takes longer than {{ $value | humanizeDuration }}`,
    description: `The objective is ${formatDuration(objectives.latency)} at the 99th percentile, over ${promDuration(timing.window)}.`,
    runbook:
      'CPU at its limit? Garbage collection near the memory limit? A dependency that is slow? Since a release: `slipway rollback`.',
    from: libraries,
  };
}

/** Both windows: the long one says that it matters, the short one that it still goes on. */
function burning({ long, short, factor, severity }: Burn, settings: Settings): Alert {
  const limit = factor * (1 - settings.objectives.availability);
  const above = decimal(limit);
  return {
    alert: `ErrorBudgetBurn${promDuration(long)}`,
    expr: `${kept(ratio(long), settings)} > ${above} and ${kept(ratio(short), settings)} > ${above} ${enough(settings, long)}`,
    severity,
    for: 0,
    looks: { long, short },
    summary: `${settings.service} uses up its budget of errors ${factor} times too fast`,
    description: `More than ${percent(limit)} errors over ${promDuration(long)} and over ${promDuration(short)}; the objective is ${percent(settings.objectives.availability)}.`,
    runbook:
      'As ErrorRateHigh. A slow burn is no emergency: find what fails now and then, and hold back risky releases until it is mended.',
    from: libraries,
  };
}
