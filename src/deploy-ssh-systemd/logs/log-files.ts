import type { Answer } from '../../core/host-agent/answer.ts';
import type { Obstacle } from '../preflight.ts';
import type { Settings } from '../settings.ts';
import { type SystemFile, systemMark } from '../system-files.ts';
import { renderLogrotate, renderRsyslog } from './render-logs.ts';

/** The rules of the input `logs`, as files of the release. Pure. */
export function logFiles({ logs, service, directory }: Settings): SystemFile[] {
  if (logs === undefined) return [];
  const rules = { logrotate: renderLogrotate(service, logs), rsyslog: renderRsyslog(service, logs) };
  return Object.entries(rules).flatMap(([kind, rule]) =>
    rule === '' ? [] : [{ kind, text: systemMark(directory) + rule, asked: [], judge: answer => judge(kind, answer) }],
  );
}

function judge(kind: string, answer: Answer): Obstacle[] {
  const said = answer.text('said');
  if (said !== '')
    return [
      {
        code: 'LOGS_REFUSED',
        seen: `${kind} does not take the rule: ${said}`,
        hint: `Install ${kind}, or mend the file that is named, or leave this part of "logs" out.`,
      },
    ];
  if (kind === 'rsyslog' && answer.text('active') !== 'yes')
    return [
      {
        code: 'LOGS_REFUSED',
        seen: 'rsyslog.service is not running: nobody would write the log',
        hint: 'Start it: systemctl enable --now rsyslog',
      },
    ];
  return [];
}
