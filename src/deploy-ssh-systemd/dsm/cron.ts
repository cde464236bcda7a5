import { SlipwayError } from '../../core/errors.ts';
import type { Timer } from '../timer/timer.ts';

/** systemd's short forms (systemd.time(7)), as minute, hour, day, month, weekday. */
const shortForms: Readonly<Record<string, string>> = {
  minutely: '* * * * *',
  hourly: '0 * * * *',
  daily: '0 0 * * *',
  weekly: '0 0 * * 1',
  monthly: '0 0 1 * *',
  quarterly: '0 0 1 1,4,7,10 *',
  semiannually: '0 0 1 1,7 *',
  yearly: '0 0 1 1 *',
  annually: '0 0 1 1 *',
};
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * The lines of a job for /etc/crontab, as a part of its release. cron has them run by a shell, to which the mark is a comment.
 * Pure.
 *
 * @throws CALENDAR_REFUSED
 */
export function cronLines(service: string, directory: string, { calendar }: Timer): string {
  const command = `/bin/sh ${directory}/state/agent.sh run ${directory} ${service} # X-Slipway=${directory}`;
  const lines = calendar.map(event => [...cronTime(event).split(' '), 'root', command].join('\t'));
  return `# Written by Slipway: lines of /etc/crontab.\n# X-Slipway=${directory}\n${lines.join('\n')}\n`;
}

/**
 * A calendar event in cron's five fields: `Mon..Fri 03:30` is `30 3 * * 1-5`. Pure.
 *
 * @throws CALENDAR_REFUSED for what cron cannot say: seconds, years, time zones, a weekday together with a day of the month
 */
export function cronTime(event: string): string {
  const short = shortForms[event.toLowerCase()];
  if (short !== undefined) return short;
  const form =
    /^(?:([A-Za-z][A-Za-z.,]*)(?: |$))?(?:(?:(\*|\d{4})-)?([^- ]+)-([^- ]+)(?: |$))?(?:([^: ]+):([^: ]+)(?::0?0)?)?$/;
  const [all = '', days, year = '*', month = '*', day = '*', hour = '00', minute = '00'] =
    form.exec(event.trim()) ?? [];
  if (all === '') throw refused(event, 'it has another form, seconds or a time zone');
  if (year !== '*') throw refused(event, 'cron knows no years');
  if (days !== undefined && day !== '*')
    throw refused(event, 'to cron a weekday and a day of the month are either of both');
  return [
    field(minute, 0, 59, event),
    field(hour, 0, 23, event),
    field(day, 1, 31, event),
    field(month, 1, 12, event),
    days === undefined ? '*' : weekdayField(days, event),
  ].join(' ');
}

function weekdayField(days: string, event: string): string {
  const number = (name: string) => {
    const found = weekdays.indexOf(name.slice(0, 3).toLowerCase());
    if (found < 0) throw refused(event, `${name} is no weekday`);
    return found;
  };
  return days
    .split(',')
    .map(part => {
      const [from = 0, to = from] = part.split('..').map(number);
      // to cron a week begins on Sunday, and ends on it as 7
      return from === to ? `${from}` : `${from}-${to === 0 ? 7 : to}`;
    })
    .join(',');
}

/** `*`, `5`, `1..5`, `0/15`, and lists of them. */
function field(text: string, least: number, most: number, event: string): string {
  const parts = text.split(',').map(part => {
    const [, from, to, step] = /^(\*|\d{1,2})(?:\.\.(\d{1,2}))?(?:\/([1-9]\d?))?$/.exec(part) ?? [];
    if (from === undefined || (from === '*' && to !== undefined)) throw refused(event, `${part} is not understood`);
    if (from === '*' && step === undefined) return '*';
    const first = from === '*' ? least : Number(from);
    const last = to === undefined ? (step === undefined ? first : most) : Number(to);
    if (first < least || last > most || last < first) throw refused(event, `${part} is not within ${least} to ${most}`);
    return `${first === last ? first : `${first}-${last}`}${step === undefined ? '' : `/${step}`}`;
  });
  return parts.join(',');
}

function refused(event: string, why: string): SlipwayError {
  return new SlipwayError(
    'CALENDAR_REFUSED',
    `input "timer": ${JSON.stringify(event)} cannot be a line of crontab: ${why}`,
    {
      hint: 'Nothing was changed. On a NAS a calendar event is a short form (daily), or [WEEKDAYS] [*-MONTH-DAY] HOUR:MINUTE, such as Mon..Fri 03:30 or *-*-01 04:00.',
    },
  );
}
