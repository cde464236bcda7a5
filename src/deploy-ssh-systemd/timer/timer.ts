import * as v from 'valibot';
import { SlipwayError } from '../../core/errors.ts';
import { parseDuration } from '../../core/units.ts';
import { type Value, yaml } from '../../core/values.ts';

/** When the service runs, where it is a job that ends by itself. */
export interface Timer {
  /** Calendar events of systemd.time(7); it comes at each of them. */
  readonly calendar: readonly string[];
  /** Milliseconds by which each run may be late, at random; 0 is none. */
  readonly jitter: number;
  /** Whether a run that was missed, because the host was down, is made up for. */
  readonly missed: 'run' | 'skip';
  /** Milliseconds after which a run is ended, and has failed; undefined is never. */
  readonly timeout: number | undefined;
  /** `once`: a run right after the switch decides whether the release counts. */
  readonly run: 'once' | 'no';
}

const event = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9*.,:/~+ _-]{1,200}$/, 'is no calendar event, such as daily or Mon..Fri 03:30 Europe/Berlin'),
  v.regex(/^[^-]/, 'begins with a dash'),
);
const form = v.strictObject({
  calendar: v.union([event, v.pipe(v.array(event), v.minLength(1))]),
  jitter: v.optional(v.string()),
  missed: v.optional(v.picklist(['run', 'skip'])),
  timeout: v.optional(v.string()),
  run: v.optional(v.picklist(['once', 'no'])),
});
const one = { type: 'string' };
const schema = {
  oneOf: [
    one,
    {
      type: 'object',
      properties: {
        calendar: { oneOf: [one, { type: 'array', items: one, minItems: 1 }] },
        jitter: one,
        missed: { enum: ['run', 'skip'] },
        timeout: one,
        run: { enum: ['once', 'no'] },
      },
      required: ['calendar'],
      additionalProperties: false,
    },
  ],
};
const shape = '{calendar: EVENT or a list of them, jitter: 5m, missed: run | skip, timeout: 1h, run: once | no}';

/** A map, or the calendar alone. */
export const timer: Value<Timer> = yaml(shape, schema, data => {
  const read = v.safeParse(form, typeof data === 'string' ? { calendar: data } : data);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue);
    throw new SlipwayError('TIMER_INVALID', where === null ? `it is not ${shape}` : `${where} ${issue.message}`);
  }
  const { calendar, jitter, missed = 'skip', timeout, run = 'no' } = read.output;
  return {
    calendar: typeof calendar === 'string' ? [calendar] : calendar,
    jitter: jitter === undefined ? 0 : parseDuration(jitter),
    missed,
    timeout: timeout === undefined ? undefined : parseDuration(timeout),
    run,
  };
});

export const timerInputs = {
  timer: {
    description:
      'Makes the service a job that ends by itself: not kept running, but started by a timer of systemd. `{calendar, jitter, missed, timeout, run}`, or the calendar alone. `calendar` as in systemd.time(7), one or a list; `jitter` makes each run late by up to so much; `missed: run` makes up for what was missed while the host was down; `timeout` ends a run that takes longer; `run: once` runs it right after the switch, and its exit code decides whether the release counts. A run never begins while another one is under way. `restart` does not apply.',
    value: timer,
  },
} as const;
