import { SlipwayError } from '../../core/errors.ts';

const parts = (date: Date, zone: string, options: Intl.DateTimeFormatOptions) =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...options })
      .formatToParts(date)
      .map(({ type, value }) => [type, value]),
  );

/**
 * A date in the format language of Moment.js, as docker/metadata-action's `{{date 'YYYYMMDD' tz='Asia/Tokyo'}}` takes it;
 * text in brackets stays.
 *
 * @throws SlipwayError TAG_INVALID for a zone that is none
 */
export function formatDate(date: Date, format: string, zone = 'UTC'): string {
  const value = fieldsIn(date, zone);
  return format.replaceAll(
    /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DDDD|DDD|DD|D|dddd|ddd|d|HH|H|hh|h|mm|m|ss|s|S{1,9}|A|a|ZZ|Z|X|x/g,
    (token, literal: string | undefined) => literal ?? value(token),
  );
}

function fieldsIn(date: Date, zone: string): (token: string) => string {
  const number = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const clock = { hour: 'numeric', minute: 'numeric', second: 'numeric', timeZoneName: 'longOffset' } as const;
  let plain: Record<string, string>;
  try {
    plain = parts(date, zone, { ...number, ...clock });
  } catch (cause) {
    throw new SlipwayError('TAG_INVALID', `"${zone}" is not a time zone`, { hint: 'E.g. Europe/Berlin.', cause });
  }
  const names = parts(date, zone, { month: 'long', weekday: 'long' });
  const [year, month, day] = [Number(plain['year']), Number(plain['month']), Number(plain['day'])];
  const hour = Number(plain['hour']);
  const offset = plain['timeZoneName'] === 'GMT' ? '+00:00' : plain['timeZoneName']!.slice(3);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const dayOfYear = (Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000 + 1;
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  const numbers: Record<string, number> = {
    M: month,
    D: day,
    d: weekday,
    H: hour,
    h: twelve,
    m: Number(plain['minute']),
    s: Number(plain['second']),
    DDD: dayOfYear,
    X: Math.floor(date.getTime() / 1000),
    x: date.getTime(),
  };
  return token => {
    if (/^S+$/.test(token))
      return String(date.getMilliseconds()).padStart(3, '0').padEnd(9, '0').slice(0, token.length);
    if (token in numbers) return String(numbers[token]);
    if (/^(MM|DD|HH|hh|mm|ss)$/.test(token)) return String(numbers[token[0]!]).padStart(2, '0');
    const texts: Record<string, string> = {
      YYYY: String(year).padStart(4, '0'),
      YY: String(year % 100).padStart(2, '0'),
      MMMM: names['month']!,
      MMM: names['month']!.slice(0, 3),
      dddd: names['weekday']!,
      ddd: names['weekday']!.slice(0, 3),
      DDDD: String(dayOfYear).padStart(3, '0'),
      A: hour < 12 ? 'AM' : 'PM',
      a: hour < 12 ? 'am' : 'pm',
      Z: offset,
      ZZ: offset.replace(':', ''),
    };
    return texts[token] ?? token;
  };
}
