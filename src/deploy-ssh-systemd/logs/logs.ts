import * as v from 'valibot';
import { SlipwayError } from '../../core/errors.ts';
import { parseSize } from '../../core/units.ts';
import { type Value, yaml } from '../../core/values.ts';

/** What becomes of the service's log beside the journal. */
export interface Logs {
  readonly rotate: Rotate | undefined;
  readonly syslog: Syslog | undefined;
}

/** Files that the program itself writes, in /var/log/SERVICE. */
export interface Rotate {
  /** Names and globs, without folders. */
  readonly files: readonly string[];
  readonly every: Period;
  /** Bytes at which it does not wait for the period to end; looked at whenever logrotate runs. */
  readonly maxSize: number | undefined;
  /** Files that are kept of each. */
  readonly keep: number;
  readonly compress: boolean;
  /** On which the program opens its files anew. */
  readonly signal: (typeof signals)[number];
}

/** What the service says on standard output and error, by syslog's severity. */
export interface Syslog {
  /** This one and what is graver. */
  readonly severity: Severity;
  /** A file, or another host. */
  readonly to:
    | { readonly file: string }
    | { readonly protocol: 'tcp' | 'udp'; readonly host: string; readonly port: number };
}

export type Period = (typeof periods)[number];
export type Severity = (typeof severities)[number];

const periods = ['daily', 'weekly', 'monthly'] as const;
const signals = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** In the order of their numbers (RFC 5424, 6.2.1). */
export const severities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

/**
 * In a folder below, which the service may exchange, root would be led elsewhere; with a glob at the end what was rotated
 * would be rotated again.
 */
const name = v.pipe(
  v.string(),
  v.regex(
    /^[A-Za-z0-9_*?][A-Za-z0-9_.*?-]{0,99}$/,
    'is no name of a file in the log folder, or glob of names, such as app.log or *.log',
  ),
  v.regex(/[A-Za-z0-9_-]$/, 'ends with a wildcard or a dot, and would match what was rotated'),
);
const number = v.union([v.number(), v.string()]);
const form = v.strictObject({
  rotate: v.optional(
    v.strictObject({
      files: v.union([name, v.pipe(v.array(name), v.minLength(1))]),
      signal: v.picklist(signals),
      every: v.optional(v.picklist(periods)),
      'max-size': v.optional(v.string()),
      keep: v.optional(v.pipe(number, v.transform(Number), v.integer(), v.minValue(1), v.maxValue(1000))),
      compress: v.optional(v.boolean()),
    }),
  ),
  syslog: v.optional(
    v.strictObject({
      severity: v.optional(v.picklist(severities)),
      to: v.pipe(
        v.string(),
        v.regex(
          /^(\/var\/log\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}|(tcp|udp):\/\/([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5})$/,
          'is neither a file in /var/log nor tcp://HOST:PORT or udp://HOST:PORT',
        ),
      ),
    }),
  ),
});
const map = (properties: object, ...required: string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const one = { type: 'string' };
const schema = map({
  rotate: map(
    {
      files: { oneOf: [one, { type: 'array', items: one, minItems: 1 }] },
      signal: { enum: signals },
      every: { enum: periods },
      'max-size': one,
      keep: { type: ['integer', 'string'] },
      compress: { type: 'boolean' },
    },
    'files',
    'signal',
  ),
  syslog: map({ severity: { enum: severities }, to: one }, 'to'),
});
const shape =
  '{rotate: {files, signal, every, max-size, keep, compress}, syslog: {severity, to: /var/log/FILE or tcp://HOST:PORT}}';

export const logs: Value<Logs> = yaml(shape, schema, data => {
  const read = v.safeParse(form, data);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue);
    throw new SlipwayError('LOGS_INVALID', where === null ? `it is not ${shape}` : `${where} ${issue.message}`);
  }
  const { rotate, syslog } = read.output;
  if (rotate === undefined && syslog === undefined)
    throw new SlipwayError('LOGS_INVALID', 'it has neither rotate nor syslog');
  return { rotate: rotate && rotateOf(rotate), syslog: syslog && syslogOf(syslog) };
});

export const logsInputs = {
  logs: {
    description:
      'What becomes of logs beside the journal. `rotate`: files that the program writes in its log folder, `/var/log/SERVICE` (`$LOGS_DIRECTORY`): `{files: app.log, signal: SIGUSR1, every: daily, max-size, keep: 14, compress: true}`; logrotate renames them, and the signal has the program open them anew: no line is lost. `syslog`: `{severity: warning, to: /var/log/FILE}` or `tcp://HOST:PORT`: what the service says that is so grave, by a rule of rsyslog. Part of the release: looked at by `logrotate -d` and `rsyslogd -N1`, switched and taken back with it.',
    value: logs,
  },
} as const;

type Read = v.InferOutput<typeof form>;

function rotateOf(given: NonNullable<Read['rotate']>): Rotate {
  const { files, signal, every = 'daily', keep = 14, compress = true } = given;
  const size = given['max-size'];
  return {
    files: typeof files === 'string' ? [files] : files,
    every,
    maxSize: size === undefined ? undefined : parseSize(size),
    keep,
    compress,
    signal,
  };
}

function syslogOf({ severity = 'warning', to }: NonNullable<Read['syslog']>): Syslog {
  const [, protocol, host, port] = /^(tcp|udp):\/\/(.+):(\d+)$/.exec(to) ?? [];
  if (protocol === undefined) return { severity, to: { file: to } };
  return {
    severity,
    to: { protocol: protocol as 'tcp' | 'udp', host: host!.replaceAll(/[[\]]/g, ''), port: Number(port) },
  };
}
