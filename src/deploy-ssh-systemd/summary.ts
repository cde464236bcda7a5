import { codeBlock, table, timeline } from '../core/summary.ts';
import { formatDuration } from '../core/units.ts';
import type { Outcome } from './outcome.ts';
import type { Surveyed } from './survey.ts';

/**
 * The job summary of a deployment: a row a host, the course of time, and how to go back by hand. Pure.
 *
 * @param own place → directory, where it is a service of the user's own
 * @param about place → its roles and labels; without any there is no column for them
 */
export function deploySummary(
  outcomes: readonly Outcome[],
  service: string,
  directoryOf: (place: string) => string,
  own: ReadonlyMap<string, string> = new Map(),
  about: ReadonlyMap<string, string> = new Map(),
): string {
  const rows = outcomes.map(one => [
    one.place,
    ...(about.size === 0 ? [] : [about.get(one.place) ?? '–']),
    one.previous || '–',
    one.serving === undefined ? 'unknown' : one.serving || 'nothing',
    formatDuration(one.ended - one.started),
    downtimeText(one),
    String(one.evidence['exposure'] ?? '–'),
    resultText(one),
  ]);
  const spans = outcomes.flatMap(one => one.spans);
  const journals = outcomes
    .filter(one => one.journal)
    .map(
      one =>
        `<details><summary>Journal of ${service} on ${one.place}</summary>\n\n${codeBlock(one.journal!)}\n</details>`,
    );
  return [
    `### ${service}: deployment to ${outcomes.length} host${outcomes.length === 1 ? '' : 's'}`,
    table(
      [
        'Host',
        ...(about.size === 0 ? [] : ['Roles, labels']),
        'Before',
        'Serves now',
        'Time',
        'Downtime',
        'Exposure',
        'Result',
      ],
      rows,
    ),
    ...(spans.length === 0 ? [] : [timeline(`Deployment of ${service}`, spans)]),
    ...outcomes.flatMap(adviceOf),
    ...journals,
    ...byHand(outcomes, service, directoryOf, own),
  ].join('\n\n');
}

/** What is known of a release that failed, and what would change it. */
function adviceOf({ place, evidence }: Outcome): string[] {
  const { unit, exit, advice = [] } = evidence as { unit?: string; exit?: string; advice?: readonly string[] };
  const seen = [...(unit === undefined ? [] : [`the unit was ${unit}`]), ...(exit === undefined ? [] : [exit])];
  if (seen.length + advice.length === 0) return [];
  const lead = seen.length === 0 ? '' : `${seen.join('; its process ended: ')}.`;
  return [[`**${place}**: ${lead}`, ...advice.map(sentence => `- ${sentence}`)].join('\n')];
}

/** Nothing was begun: which hosts were the reason, and which could have taken the release. Pure. */
export function refusedSummary(failed: readonly Outcome[], ready: readonly Surveyed[], service: string): string {
  const rows = [
    ...failed.map(one => [one.place, one.previous || '–', resultText(one)]),
    ...ready.map(({ session, facts }) => [session.place, facts.current || '–', '⏸️ not-begun: as before']),
  ];
  return [`### ${service}: nothing was changed on any host`, table(['Host', 'Serves', 'Result'], rows)].join('\n\n');
}

function downtimeText({ evidence }: Outcome): string {
  const {
    downtimeMs: ms,
    downtimeMeasuredBy: by,
    entered,
  } = evidence as { downtimeMs?: number; downtimeMeasuredBy?: string; entered?: string };
  if (ms === undefined) return '–';
  const text = by === 'probe' ? `≤ ${formatDuration(ms)}` : formatDuration(ms);
  // the socket stayed: who connected meanwhile was served afterwards
  return entered === 'socket' ? `none; requests waited ${text}` : text;
}

function resultText(one: Outcome): string {
  const mark = {
    healthy: '✅',
    unchanged: '✅',
    'rolled-back': '↩️',
    failed: '❌',
    unreachable: '❌',
    'not-begun': '⏸️',
    removed: '🗑️',
  }[one.state];
  const said = (one.error?.message ?? (one.evidence['reason'] as string | undefined))?.replace(`${one.place}: `, ''); // the row names the host already
  return `${mark} ${one.state}${said === undefined ? '' : `: ${said}`}`;
}

function byHand(
  outcomes: readonly Outcome[],
  service: string,
  directoryOf: (place: string) => string,
  own: ReadonlyMap<string, string>,
): string[] {
  const commands = outcomes
    .filter(one => one.state === 'healthy' && one.previous !== '' && one.previous !== one.release)
    .map(one => rollbackCommand(one.place, one.previous, service, directoryOf(one.place), own.get(one.place)));
  return commands.length === 0
    ? []
    : [`To go back by hand (or run with \`mode: rollback\`):\n\n${codeBlock(commands.join('\n'), 'sh')}`];
}

/**
 * What a person types to go back to a release that is on the host; atomic like the agent's own switch.
 *
 * @param own the service's directory where it is a service of the user's own
 */
export function rollbackCommand(
  place: string,
  release: string,
  service: string,
  directory: string,
  own?: string,
): string {
  const at = place.lastIndexOf(':');
  const [host, port] = [place.slice(0, at).replaceAll(/[[\]]/g, ''), place.slice(at + 1)];
  const [units, systemctl] =
    own === undefined ? ['/etc/systemd/system', 'systemctl'] : ['~/.config/systemd/user', 'systemctl --user'];
  const steps = [
    ...(own === undefined ? [] : ['export XDG_RUNTIME_DIR=/run/user/\\$(id -u)']),
    `cd ${own ?? directory}`,
    `ln -s releases/${release} .current.hand`,
    'mv -T .current.hand current',
    `cp current/unit ${units}/${service}.service`,
    `${systemctl} daemon-reload`,
    `${systemctl} restart ${service}`,
  ];
  return `ssh -p ${port} ${host} ${own === undefined ? 'sudo ' : ''}sh -c "'${steps.join(' && ')}'"`;
}
