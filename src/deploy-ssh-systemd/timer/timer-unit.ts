import type { Timer } from './timer.ts';

/** The timer of a job; it starts the service of the same name. Pure. */
export function renderTimer(service: string, directory: string, { calendar, jitter, missed }: Timer): string {
  return `${[
    '# Written by Slipway; a change made here is overwritten by the next deployment.',
    '[Unit]',
    `Description=When ${service} runs`,
    `X-Slipway=${directory}`,
    '',
    '[Timer]',
    ...calendar.map(event => `OnCalendar=${event}`),
    // else systemd may come up to a minute late
    'AccuracySec=1s',
    ...(jitter === 0 ? [] : [`RandomizedDelaySec=${jitter}ms`]),
    ...(missed === 'run' ? ['Persistent=yes'] : []),
    '',
    '[Install]',
    'WantedBy=timers.target',
  ].join('\n')}\n`;
}
