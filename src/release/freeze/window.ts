import { isMap } from '../../core/config-deployments.ts';
import { didYouMean } from '../../core/suggest.ts';

/** A time in which nothing is deployed. */
export interface Window {
  /** `2026-12-23 18:00`, or every week `Fri 16:00`; in `zone`. */
  readonly from: string;
  /** The same kind; the first minute after it. */
  readonly to: string;
  /** IANA: `Europe/Berlin`. */
  readonly zone: string;
  readonly why: string;
  /** Where it is written: `slipway.yml:12`. */
  readonly at: string;
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const date = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]) ([01]\d|2[0-3]):[0-5]\d$/;
const weekly = new RegExp(`^(${days.join('|')}) ([01]\\d|2[0-3]):[0-5]\\d$`);
const keys = ['from', 'to', 'zone', 'why'];

/**
 * Reads one entry of a list `freeze`.
 *
 * @param refuse called with what is wrong
 */
export function readWindow(entry: unknown, at: string, refuse: (why: string) => never): Window {
  if (!isMap(entry)) return refuse('it is not a map of from, to, zone and why');
  const other = Object.keys(entry).find(key => !keys.includes(key));
  if (other !== undefined) return refuse(`unknown key "${other}"${didYouMean(other, keys)}`);
  const [from, to, why] = ['from', 'to', 'why'].map(key => String(entry[key] ?? '').trim()) as [string, string, string];
  const zone = String(entry['zone'] ?? 'UTC');
  if (why === '') return refuse('it has no "why": whoever is stopped by it wants to know');
  const isDated = date.test(from) && date.test(to);
  if (!isDated && !(weekly.test(from) && weekly.test(to)))
    return refuse(
      `"from" is ${JSON.stringify(from)} and "to" ${JSON.stringify(to)}: write both as 2026-12-23 18:00, or both as Fri 16:00`,
    );
  if (isDated ? to <= from : to === from) return refuse(`"to" is not after "from" (${from}, ${to})`);
  if (!isZone(zone)) return refuse(`"zone" is ${JSON.stringify(zone)}, which is no time zone such as Europe/Berlin`);
  return { from, to, zone, why, at };
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The first of the windows that the time is in. Clocks are compared as they show it in the window’s zone. */
export function frozenBy(windows: readonly Window[], now: Date): Window | undefined {
  return windows.find(({ from, to, zone }) => {
    const clock = clockIn(zone, now);
    if (date.test(from)) return from <= clock.date && clock.date < to;
    const [begin, end] = [minuteOf(from), minuteOf(to)];
    const at = minuteOf(clock.weekly);
    return begin < end ? begin <= at && at < end : begin <= at || at < end; // over the end of the week
  });
}

/** Of the week, which begins on Monday. */
function minuteOf(text: string): number {
  const [day = '', hour, minute] = text.split(/[ :]/);
  return days.indexOf(day) * 1440 + Number(hour) * 60 + Number(minute);
}

function clockIn(zone: string, now: Date): { date: string; weekly: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const part = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]));
  const time = `${part['hour']}:${part['minute']}`;
  return { date: `${part['year']}-${part['month']}-${part['day']} ${time}`, weekly: `${part['weekday']} ${time}` };
}

/** `from Fri 16:00 to Mon 08:00 (Europe/Berlin): weekend`. */
export const textOf = ({ from, to, zone, why }: Window): string => `from ${from} to ${to} (${zone}): ${why}`;
