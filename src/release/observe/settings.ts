import * as v from 'valibot';
import { SlipwayError } from '../../core/errors.ts';
import { isExactNumber } from '../../core/exact-number.ts';
import { equals, type Matcher, parseSelector, type Selector } from '../../core/prometheus-selector.ts';
import { didYouMean } from '../../core/suggest.ts';
import {
  type Business,
  type dialects,
  type Form,
  form,
  type Level,
  levels,
  type Route,
  type Severity,
  severities,
} from './form.ts';

/** What files are written for; shares are fractions of one, times milliseconds, sizes bytes. */
export interface Settings {
  readonly service: string;
  /** Relative to the working directory. */
  readonly directory: string;
  /** Of the scrape configuration; those of its exporters begin with it. */
  readonly job: string;
  /** Which series are the service's. */
  readonly select: readonly Matcher[];
  readonly targets: readonly string[];
  readonly metricsPath: string;
  readonly scheme: 'http' | 'https';
  readonly metrics: Metrics;
  readonly objectives: { readonly availability: number; readonly latency: number };
  readonly thresholds: {
    readonly errorRate: number;
    readonly cpu: number;
    readonly memory: number;
    readonly disk: number;
    readonly restarts: number;
    readonly rejectedLogins: number;
    readonly firewallDenied: number;
    readonly certificate: number;
    readonly minRequests: number;
  };
  readonly limits: { readonly cpu: number | undefined; readonly memory: number | undefined };
  readonly exporters: NonNullable<Form['exporters']>;
  readonly business: readonly Business[];
  readonly timing: Timing;
  readonly burn: readonly Burn[];
  readonly alertmanagers: readonly string[];
  readonly routes: readonly Route[];
  readonly runbooks: string | undefined;
  readonly logs: Form['logs'];
}

export interface Metrics {
  readonly requests: Selector;
  readonly errors: Selector;
  /** Requests that were turned away for who asked. */
  readonly rejected: Selector;
  /** A histogram, without `_bucket`. */
  readonly durations: Selector;
}

export interface Timing {
  readonly scrape: number;
  readonly evaluate: number;
  /** What rates are taken over. */
  readonly window: number;
  /** How long a condition holds before anybody is told. */
  readonly for: number;
}

/** The budget of errors burns `factor` times too fast, over a long and a short window: Google, "The Site Reliability Workbook", ch. 5. */
export interface Burn {
  readonly long: number;
  readonly short: number;
  readonly factor: number;
  readonly severity: Severity;
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

const usualBurn: readonly Burn[] = [
  { long: hour, short: 5 * minute, factor: 14.4, severity: 'critical' },
  { long: 6 * hour, short: 30 * minute, factor: 6, severity: 'critical' },
  { long: 3 * day, short: 6 * hour, factor: 1, severity: 'warning' },
];

const names: Record<(typeof dialects)[number], { count: string; code: string; durations: string }> = {
  promhttp: { count: 'http_requests_total', code: 'code', durations: 'http_request_duration_seconds' },
  opentelemetry: {
    count: 'http_server_request_duration_seconds_count',
    code: 'http_response_status_code',
    durations: 'http_server_request_duration_seconds',
  },
};

/**
 * Reads the section `observe`; says all that is wrong at once.
 *
 * @param at where the part of that key stands: `slipway.yml:12`
 * @throws SlipwayError OBSERVE_INVALID
 */
export function readSettings(data: unknown, at: (key: string) => string): Settings {
  const read = v.safeParse(form, plainNumbers(data));
  if (!read.success) throw invalid(read.issues.map(issue => problemOf(issue, at)));
  const settings = settingsOf(read.output);
  const problems = together(settings, read.output);
  if (problems.length > 0) throw invalid(problems);
  return settings;
}

function settingsOf(given: Form): Settings {
  const { service, thresholds = {}, objectives = {}, timing = {} } = given;
  const job = given.job ?? service;
  return {
    service,
    directory: given.directory ?? 'observe',
    job,
    select: given.select ?? [equals('job', job)],
    targets: given.targets ?? [],
    metricsPath: given['metrics-path'] ?? '/metrics',
    scheme: given.scheme ?? 'http',
    metrics: metricsOf(given.metrics ?? 'promhttp'),
    objectives: { availability: objectives.availability ?? 0.999, latency: objectives.latency ?? 500 },
    thresholds: {
      errorRate: thresholds['error-rate'] ?? 0.05,
      cpu: thresholds.cpu ?? 0.8,
      memory: thresholds.memory ?? 0.9,
      disk: thresholds.disk ?? 0.85,
      restarts: thresholds.restarts ?? 3,
      rejectedLogins: thresholds['rejected-logins'] ?? 20,
      firewallDenied: thresholds['firewall-denied'] ?? 100,
      certificate: thresholds.certificate ?? 14 * day,
      minRequests: thresholds['min-requests'] ?? 10,
    },
    limits: { cpu: given.limits?.cpu, memory: given.limits?.memory },
    exporters: given.exporters ?? {},
    business: given.business ?? [],
    timing: {
      scrape: timing.scrape ?? 15_000,
      evaluate: timing.evaluate ?? 15_000,
      window: timing.window ?? 5 * minute,
      for: timing.for ?? 2 * minute,
    },
    burn: given.burn ?? usualBurn,
    alertmanagers: given.alertmanagers ?? [],
    routes: given.routes ?? [],
    runbooks: given.runbooks,
    logs: given.logs,
  };
}

/** The names of a library, or the user's own over those of the Go client. */
function metricsOf(given: NonNullable<Form['metrics']>): Metrics {
  const own = typeof given === 'string' ? {} : given;
  const { count, code, durations } = names[typeof given === 'string' ? given : 'promhttp'];
  return {
    requests: own.requests ?? parseSelector(count),
    errors: own.errors ?? parseSelector(`${count}{${code}=~"5.."}`),
    rejected: own.rejected ?? parseSelector(`${count}{${code}=~"401|403"}`),
    durations: own.durations ?? parseSelector(durations),
  };
}

/** What is wrong with values that are right each for itself. */
function together({ timing, burn, business, routes, exporters }: Settings, { select, job, logs }: Form): string[] {
  const windows = [timing.window, ...burn.flatMap(({ long, short }) => [long, short])];
  const twice = business.map(({ name }) => name).filter((name, index, all) => all.indexOf(name) < index);
  return [
    ...(Math.min(...windows) < 2 * timing.scrape
      ? [`timing: a window has to hold two scrapes at least, and scrape is ${timing.scrape / 1000}s`]
      : []),
    ...burn.flatMap((one, index) => (one.short < one.long ? [] : [`burn.${index}: short is not shorter than long`])),
    ...(new Set(burn.map(({ long }) => long)).size < burn.length ? ['burn: two have the same long window'] : []),
    ...twice.map(name => `business: ${name} is there twice`),
    ...business.flatMap(({ name, of, above, below }) => {
      const isShare = of !== undefined;
      const value = above ?? below ?? 0;
      return isShare && value >= 1 ? [`business: ${name} has "of", so it is compared with a share such as 5%`] : [];
    }),
    ...(select !== undefined && job !== undefined
      ? ['select and job exclude each other: job="…" is a matcher too']
      : []),
    ...(exporters.node === undefined && (exporters.textfile ?? exporters.certificates) !== undefined
      ? ['exporters: textfile and certificates are read by node_exporter: name its addresses under node']
      : []),
    ...(logs !== undefined && logs.unit === undefined && logs.paths === undefined
      ? ['logs: it needs a unit of systemd or paths of files']
      : []),
    ...(logs?.elasticsearch !== undefined && logs.logstash !== undefined
      ? ['logs: Filebeat has one output: elasticsearch or logstash']
      : []),
    ...(routes.length === 0 ? [] : unheard(routes)),
  ];
}

/** Alerts that no route takes: nobody would hear of them. */
function unheard(routes: readonly Route[]): string[] {
  const takes = (severity: Severity, level: Level) =>
    routes.some(one => (one.severity ?? severity) === severity && (one.level ?? level) === level);
  return severities.flatMap(severity =>
    levels
      .filter(level => !takes(severity, level))
      .map(
        level => `routes: ${severity} alerts of level ${level} reach nobody: add a route without severity and level`,
      ),
  );
}

/** Numbers are kept as they were written in slipway.yml; here they count as numbers. */
function plainNumbers(data: unknown): unknown {
  if (isExactNumber(data)) return Number(data.rawJSON);
  if (Array.isArray(data)) return data.map(plainNumbers);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, plainNumbers(value)]));
}

const keys = Object.keys(form.entries);

function problemOf(issue: v.BaseIssue<unknown>, at: (key: string) => string): string {
  const path = v.getDotPath(issue) ?? '';
  const [key = ''] = path.split('.');
  if (issue.type === 'strict_object' && issue.expected === 'never')
    return `${at(key)}: ${path} is not known${path === key ? didYouMean(key, keys) : ''}`;
  const shown = typeof issue.input === 'string' ? ` "${issue.input}"` : '';
  return `${at(key)}: ${path}${shown} ${issue.kind === 'schema' ? issue.message : issue.message.replace(/^"[^"]*" /, '')}`;
}

function invalid(problems: readonly string[]): SlipwayError {
  return new SlipwayError('OBSERVE_INVALID', problems.join('; '), {
    hint: 'Nothing was written. Keys and examples: docs/observe.md.',
  });
}
