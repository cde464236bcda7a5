import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { HostSession } from '../host-session.ts';
import type { Timer } from './timer.ts';

/**
 * Has the host's own systemd read the calendar, before anything is changed.
 *
 * @throws CALENDAR_REFUSED, also for what never comes again
 */
export async function checkCalendar(session: HostSession, { calendar }: Timer): Promise<void> {
  const answer = await session.ask('calendar', [...calendar]);
  const skipped = answer.text('skipped');
  if (skipped !== '')
    return log.info(`${session.place}: there is no ${skipped}: the calendar was not looked at before the switch`);
  for (const [index, said] of answer.all('calendar').entries()) {
    const next = /Next elapse: *(.+)/.exec(said)?.[1] ?? 'never';
    if (next === 'never')
      throw new SlipwayError(
        'CALENDAR_REFUSED',
        `${session.place}: input "timer": ${JSON.stringify(calendar[index])} never comes again`,
        { hint: 'Nothing was changed. Give a calendar event that is not over.' },
      );
    log.info(`${session.place}: ${calendar[index]} comes next at ${next}`);
  }
}
