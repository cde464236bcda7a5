import { SlipwayError } from '../core/errors.ts';
import { didYouMean } from '../core/suggest.ts';
import { parseDuration } from '../core/units.ts';
import { lines, list, mapped, text, type Value } from '../core/values.ts';
import { type Assignment, directives } from './directives.ts';

/** Percent of one core, as CPUQuota= takes it. */
export const cpuQuota: Value<number> = mapped(
  text,
  'percent of one core, such as 50% or 200%',
  raw => {
    const percent = Number(/^(\d{1,6})%$/.exec(raw)?.[1]);
    if (!(percent >= 1)) throw new SlipwayError('QUOTA_INVALID', 'it is no percentage');
    return percent;
  },
  'percentage',
);

/** At most so many lines of log in so long; the journal leaves out what is more. */
export interface LogRateLimit {
  readonly burst: number;
  /** Milliseconds; 0 is no limit. */
  readonly interval: number;
}

export const logRateLimit: Value<LogRateLimit> = mapped(
  text,
  'lines in a time, such as 10000/30s, or off',
  raw => {
    if (raw === 'off') return { burst: 0, interval: 0 };
    const [, burst, interval] = /^(\d{1,9})\/(.+)$/.exec(raw) ?? [];
    if (!(Number(burst) >= 1)) throw new SlipwayError('LOG_RATE_INVALID', 'it is no number of lines in a time');
    return { burst: Number(burst), interval: parseDuration(interval!) };
  },
  'lines/duration',
);

const unitForm = /^[A-Za-z0-9:_.\\@-]{1,200}\.(service|socket|target|mount|path|timer|device|slice)$/;

/** Units that are started before; `.service` where no type is written. */
export const units: Value<string[]> = mapped(list, 'names of units, such as postgresql.service', items =>
  items.map(item => {
    const name = /\.[a-z]+$/.test(item) ? item : `${item}.service`;
    if (!unitForm.test(name) || name.startsWith('-'))
      throw new SlipwayError('UNIT_INVALID', `${JSON.stringify(item)} is no unit's name`);
    return name;
  }),
);

/** `Directive=value`, one a line; the same name may come several times. */
export const overrides: Value<Assignment[]> = mapped(
  lines,
  'Directive=value of systemd, one a line',
  items => items.map(readOverride),
  'Directive=value lines',
);

function readOverride(line: string): Assignment {
  const [, name, value] = /^([A-Za-z]+)\s*=\s*(.*)$/.exec(line) ?? [];
  if (name === undefined || value === undefined)
    throw new SlipwayError('OVERRIDE_INVALID', `${JSON.stringify(line)} is not Directive=value`);
  const known = directives.get(name);
  if (known === undefined) {
    const free = [...directives].filter(([, one]) => one.input === undefined).map(([one]) => one);
    throw new SlipwayError('OVERRIDE_UNKNOWN', `${name} cannot be overridden${didYouMean(name, free)}`, {
      hint: 'Sandbox, limits and directories can; a drop-in on the host can hold what else is needed.',
    });
  }
  if (known.input !== undefined)
    throw new SlipwayError('OVERRIDE_UNKNOWN', `${name} comes from another input: give "${known.input}"`);
  // a line that ends so goes on in the next one
  if (value.endsWith('\\') || /\p{Cc}/u.test(value))
    throw new SlipwayError('OVERRIDE_INVALID', `the value of ${name} holds what a line of a unit cannot hold`);
  return { name, value };
}
