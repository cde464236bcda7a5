import { expect, test } from '@jest/globals';
import type { SlipwayError } from '../../../src/core/errors.ts';
import { cronLines, cronTime } from '../../../src/deploy-ssh-systemd/dsm/cron.ts';

test.each([
  ['daily', '0 0 * * *'],
  ['Weekly', '0 0 * * 1'],
  ['quarterly', '0 0 1 1,4,7,10 *'],
  ['03:30', '30 3 * * *'],
  ['03:30:00', '30 3 * * *'],
  ['*:0/15', '0-59/15 * * * *'],
  ['*:*', '* * * * *'],
  ['8..17:05', '5 8-17 * * *'],
  ['Mon..Fri 03:30', '30 3 * * 1-5'],
  ['Sat,Sun 10,22:00', '0 10,22 * * 6,0'],
  ['Sat..Sun', '0 0 * * 6-7'],
  ['*-*-01 04:00', '0 4 1 * *'],
  ['01,07-15', '0 0 15 1,7 *'],
])('%s is %s', (event, line) => expect(cronTime(event)).toBe(line));

test.each([
  ['*:*:30', /seconds/],
  ['03:30 Europe/Berlin', /time zone/],
  ['2027-01-01', /years/],
  ['Mon *-*-13 03:30', /weekday/],
  ['Fonday', /no weekday/],
  ['25:00', /25 is not within 0 to 23/],
  ['*-*-00', /0 is not within|00 is not within/],
  ['*~01 03:00', /form/],
])('%s is refused: %s', (event, why) => {
  try {
    expect(cronTime(event)).toBe('refused');
  } catch (error) {
    expect((error as SlipwayError).code).toBe('CALENDAR_REFUSED');
    expect((error as SlipwayError).message).toMatch(why);
  }
});

test('lines of crontab end with the mark, a comment to the shell', () => {
  const timer = { calendar: ['daily', '*:0/5'], jitter: 0, missed: 'skip', timeout: undefined, run: 'no' } as const;
  const [, mark, ...lines] = cronLines('job', '/volume1/slipway/job', timer).trimEnd().split('\n');
  expect(mark).toBe('# X-Slipway=/volume1/slipway/job');
  expect(lines).toEqual([
    expect.stringMatching(
      /^0\t0\t\*\t\*\t\*\troot\t\/bin\/sh .*agent\.sh run \/volume1\/slipway\/job job # X-Slipway=\/volume1\/slipway\/job$/,
    ),
    expect.stringMatching(/^0-59\/5\t/),
  ]);
});
