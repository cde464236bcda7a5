import * as v from 'valibot';
import {
  address,
  addresses,
  count,
  duration,
  mailAddress,
  matchers,
  path,
  series,
  share,
  size,
  webAddress,
  word,
} from './fields.ts';

export const severities = ['critical', 'warning'] as const;
export const levels = ['service', 'system', 'business', 'security'] as const;

/** How client libraries call what every service counts. */
export const dialects = ['promhttp', 'opentelemetry'] as const;

const metrics = v.strictObject({
  requests: v.optional(series),
  errors: v.optional(series),
  rejected: v.optional(series),
  durations: v.optional(series),
});

/** A counter of the user's: so many of it in a time, or what share it is of another one. */
const business = v.pipe(
  v.strictObject({
    name: word,
    counter: series,
    of: v.optional(series),
    above: v.optional(v.union([share, count])),
    below: v.optional(v.union([share, count])),
    over: v.optional(duration),
    severity: v.optional(v.picklist(severities)),
    means: v.optional(v.string()),
  }),
  v.check(one => (one.above === undefined) !== (one.below === undefined), 'needs one of above and below'),
);

/** A secret is read by Alertmanager, on its own machine: the file that holds it is named, never its text. */
const secretFile = v.strictObject({ file: path });
const chosen = {
  severity: v.optional(v.picklist(severities)),
  level: v.optional(v.picklist(levels)),
};
const route = v.union([
  v.strictObject({ slack: secretFile, channel: v.optional(v.string()), ...chosen }),
  v.strictObject({ pagerduty: secretFile, ...chosen }),
  v.strictObject({ webhook: webAddress, ...chosen }),
  v.strictObject({
    email: v.union([mailAddress, v.pipe(v.array(mailAddress), v.minLength(1))]),
    from: mailAddress,
    server: address,
    username: v.optional(v.string()),
    password: v.optional(secretFile),
    ...chosen,
  }),
]);

/** The section `observe` of slipway.yml. */
export const form = v.strictObject({
  service: word,
  directory: v.optional(v.string()),
  job: v.optional(word),
  select: v.optional(matchers),
  targets: v.optional(addresses),
  'metrics-path': v.optional(path),
  scheme: v.optional(v.picklist(['http', 'https'])),
  metrics: v.optional(v.union([v.picklist(dialects), metrics])),
  objectives: v.optional(v.strictObject({ availability: v.optional(share), latency: v.optional(duration) })),
  thresholds: v.optional(
    v.strictObject({
      'error-rate': v.optional(share),
      cpu: v.optional(share),
      memory: v.optional(share),
      disk: v.optional(share),
      restarts: v.optional(count),
      'rejected-logins': v.optional(count),
      'firewall-denied': v.optional(count),
      certificate: v.optional(duration),
      'min-requests': v.optional(count),
    }),
  ),
  limits: v.optional(v.strictObject({ cpu: v.optional(v.pipe(v.number(), v.gtValue(0))), memory: v.optional(size) })),
  exporters: v.optional(
    v.strictObject({
      node: v.optional(addresses),
      textfile: v.optional(path),
      certificates: v.optional(v.array(path)),
      blackbox: v.optional(v.strictObject({ address, urls: v.pipe(v.array(webAddress), v.minLength(1)) })),
      kubernetes: v.optional(v.strictObject({ namespace: word, container: word })),
    }),
  ),
  business: v.optional(v.array(business)),
  timing: v.optional(
    v.strictObject({
      scrape: v.optional(duration),
      evaluate: v.optional(duration),
      window: v.optional(duration),
      for: v.optional(duration),
    }),
  ),
  burn: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          long: duration,
          short: duration,
          factor: v.pipe(v.number(), v.gtValue(0)),
          severity: v.picklist(severities),
        }),
      ),
      v.minLength(1),
    ),
  ),
  alertmanagers: v.optional(addresses),
  routes: v.optional(v.array(route)),
  runbooks: v.optional(webAddress),
  logs: v.optional(
    v.strictObject({
      unit: v.optional(word),
      paths: v.optional(v.pipe(v.array(path), v.minLength(1))),
      format: v.optional(v.picklist(['json', 'text'])),
      elasticsearch: v.optional(v.pipe(v.array(webAddress), v.minLength(1))),
      logstash: v.optional(addresses),
    }),
  ),
});

export type Form = v.InferOutput<typeof form>;
export type Business = v.InferOutput<typeof business>;
export type Route = v.InferOutput<typeof route>;
export type Severity = (typeof severities)[number];
export type Level = (typeof levels)[number];
