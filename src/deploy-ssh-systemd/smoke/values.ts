import * as v from 'valibot';
import { SlipwayError } from '../../core/errors.ts';
import { type Check, parseChecks } from '../../core/health/index.ts';
import { parseDuration } from '../../core/units.ts';
import { type Value, yaml } from '../../core/values.ts';

/** What is tried on a host before a release is switched to, while the one before serves. */
export interface Smoke {
  /** Arguments of a run that must end with exit code 0; undefined: none is made. */
  readonly check: readonly string[] | undefined;
  /** How long it must stay up, listen and be healthy, beside the one that serves; milliseconds. */
  readonly start: number | undefined;
  /** Its port in the network of the host; undefined: it is started in a network of its own, on its usual ones. */
  readonly port: number | undefined;
  /** In place of `args` while it is tried; undefined: those of the service. */
  readonly args: readonly string[] | undefined;
  /** Beside, and in place of, the variables of the service while it is tried. */
  readonly environment: Readonly<Record<string, string>>;
  /** `own`: empty folders, removed afterwards; `shared`: those of the service, with what is in them. */
  readonly state: 'own' | 'shared';
  /** What must be reachable from the host. */
  readonly reach: readonly Check[];
  /** Milliseconds for the run of `check`, and in which `start` must have been passed; undefined: `healthy-deadline`. */
  readonly timeout: number | undefined;
}

const line = v.pipe(v.string(), v.regex(/^[^\n\r\0]*$/, 'has more than one line'));
const words = v.union([line, v.array(line)]);
const scalar = v.pipe(v.union([v.string(), v.number(), v.boolean()]), v.transform(String));
const form = v.strictObject({
  check: v.optional(words),
  start: v.optional(v.string()),
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1024), v.maxValue(65_535))),
  args: v.optional(words),
  environment: v.optional(
    v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a variable')), scalar),
  ),
  state: v.optional(v.picklist(['own', 'shared'])),
  reach: v.optional(words),
  timeout: v.optional(v.string()),
});
const forms = '{check: ARGUMENTS, start: DURATION, reach: TARGETS} with port, args, environment, state, timeout';
/** The host removes it by itself after the timeout and a minute, and an agent waits no longer. */
const longest = 600_000;

/** A port in the arguments and variables of a trial. */
const mark = '{port}';

export const smoke: Value<Smoke> = yaml(forms, { type: 'object' }, data => {
  const read = v.safeParse(form, data);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue);
    throw invalid(where === null ? `it is not ${forms}` : `${where}: ${issue.message}`);
  }
  const { check, start, port, args, environment = {}, state = 'own', reach = [], timeout } = read.output;
  if (check === undefined && start === undefined && reach.length === 0)
    throw invalid('it says neither check, start nor reach');
  const ofStart = { port, args, environment: read.output.environment, state: read.output.state };
  const idle = Object.entries(ofStart).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (start === undefined && port !== undefined) throw invalid('port is for start, which is not there');
  if (start === undefined && check === undefined && idle.length > 0)
    throw invalid(`${idle.join(', ')} are for check and start, and neither is there`);
  const filled = (text: string) => (port === undefined ? text : text.replaceAll(mark, String(port)));
  return {
    check: check === undefined ? undefined : [check].flat(),
    start: start === undefined ? undefined : inTime('start', start),
    port,
    args: args === undefined ? undefined : [args].flat().map(filled),
    environment: {
      ...(port === undefined ? {} : { PORT: String(port) }),
      ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, filled(value)])),
    },
    state,
    reach: [reach].flat().flatMap(target => parseChecks(asCheck(target))),
    timeout: timeout === undefined ? undefined : inTime('timeout', timeout),
  };
});

/** `tcp://db:5432` as a check; of a URL without a status any answer says that it is reached. */
function asCheck(target: string): string {
  const tcp = target.trim().replace(/^tcp:\/\//, 'tcp ');
  return /^https?:\/\/\S+$/.test(tcp) ? `${tcp} 100-599` : tcp;
}

function inTime(name: string, text: string): number {
  const time = parseDuration(text);
  if (time < 100 || time > longest) throw invalid(`${name} is not between 100ms and 10m`);
  return time;
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('SMOKE_INVALID', message);
}
