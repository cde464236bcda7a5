import { codeBlock, type Span, table, timeline } from '../core/summary.ts';
import { formatDuration } from '../core/units.ts';
import type { Outcome } from './outcome.ts';
import type { Surveyed } from './survey.ts';

/** Of more hosts than these the chart has a bar each. */
const hostsInSteps = 8;

/**
 * The job summary of a deployment: a row a host, what went wrong, the course of time, and how to go back by hand. Pure.
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
    code(one.place),
    ...(about.size === 0 ? [] : [about.get(one.place) ?? '–']),
    `${mark(one)} ${one.state}`,
    one.previous || '–',
    one.serving === undefined ? 'unknown' : one.serving || 'nothing',
    one.spans.length === 0 ? '–' : formatDuration(one.ended - one.started),
    downtimeText(one),
    String(one.evidence['exposure'] ?? '–'),
  ]);
  const spans = spansOf(outcomes);
  const said = outcomes.flatMap(troubleOf).join('\n');
  const journals = outcomes
    .filter(one => one.journal)
    .map(one => folded(`Journal of ${service} on ${one.place}`, codeBlock(one.journal!)));
  return [
    `### ${service}: deployment to ${outcomes.length} host${outcomes.length === 1 ? '' : 's'}`,
    table(
      [
        'Host',
        ...(about.size === 0 ? [] : ['Roles, labels']),
        'Result',
        'Before',
        'Serves now',
        'Time',
        'Downtime',
        'Exposure',
      ],
      rows,
    ),
    ...(said === '' ? [] : [said]),
    ...journals,
    ...(spans.length === 0 ? [] : [timeline(`Deployment of ${service}`, spans)]),
    ...byHand(outcomes, service, directoryOf, own),
  ].join('\n\n');
}

function spansOf(outcomes: readonly Outcome[]): Span[] {
  const hosts = outcomes.filter(one => one.spans.length > 0);
  const short = (place: string) => place.replace(/^[^@]*@/, '').replace(/:22$/, '');
  if (hosts.length <= hostsInSteps)
    return hosts.flatMap(({ place, spans }) => spans.map(one => ({ ...one, section: short(place) })));
  return hosts.map(({ place, started, ended, error }) => ({
    name: short(place),
    start: started,
    end: ended,
    ...(error === undefined ? {} : { failed: true }),
  }));
}

/** Why a host has not what it was to get, what is known of the release that failed there, and what would change it. */
function troubleOf(one: Outcome): string[] {
  const { unit, exit, advice = [] } = one.evidence as { unit?: string; exit?: string; advice?: readonly string[] };
  const reason = reasonOf(one);
  const seen = [...(unit === undefined ? [] : [`the unit was ${unit}`]), ...(exit === undefined ? [] : [exit])];
  if (reason === undefined && seen.length + advice.length === 0) return [];
  const more = [...(seen.length === 0 ? [] : [`${seen.join('; its process ended: ')}.`]), ...advice];
  return [
    `- ${mark(one)} ${code(one.place)} ${one.state}${reason === undefined ? '' : `: ${plain(reason)}`}`,
    ...more.map(sentence => `  - ${plain(sentence)}`),
  ];
}

/** The row or the line names the host already. */
function reasonOf(one: Outcome): string | undefined {
  return (one.error?.message ?? (one.evidence['reason'] as string | undefined))?.replace(`${one.place}: `, '');
}

/** As code, an address is no link to write a mail to. */
export function code(place: string): string {
  return `\`${place}\``;
}

/** Words of a host or a program, as they are: nothing in them is markup. */
export function plain(text: string): string {
  return text
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>#|~]/g, '\\$&')
    .replaceAll(/[^\s,;:@\\]+@[^\s,;\\]+[^\s,;:.\\]/g, code);
}

function folded(title: string, text: string): string {
  return `<details><summary>${title}</summary>\n\n${text}\n</details>`;
}

/** Nothing was begun: which hosts were the reason, and which could have taken the release. Pure. */
export function refusedSummary(failed: readonly Outcome[], ready: readonly Surveyed[], service: string): string {
  const rows = [
    ...failed.map(one => [code(one.place), `${mark(one)} ${one.state}`, one.previous || '–']),
    ...ready.map(({ session, facts }) => [code(session.place), '⏸️ not-begun: as before', facts.current || '–']),
  ];
  return [
    `### ${service}: nothing was changed on any host`,
    table(['Host', 'Result', 'Serves'], rows),
    failed.flatMap(troubleOf).join('\n'),
  ].join('\n\n');
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

function mark({ state }: Outcome): string {
  const marks = {
    healthy: '✅',
    unchanged: '✅',
    'rolled-back': '↩️',
    failed: '❌',
    unreachable: '❌',
    'not-begun': '⏸️',
    removed: '🗑️',
  };
  return marks[state];
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
  if (commands.length === 0) return [];
  const title = 'To go back by hand (or run with <code>mode: rollback</code>)';
  return [folded(title, codeBlock(commands.join('\n'), 'sh'))];
}

/**
 * What a person types to go back to a release that is on the host: the agent that is there does it, as in a deployment,
 * with all that belongs to the release.
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
  const folder = own ?? directory;
  return [
    'ssh',
    ...(port === '22' ? [] : ['-p', port]),
    host,
    ...(own !== undefined || host.startsWith('root@') ? [] : ['sudo']),
    ...['sh', `${folder}/state/agent.sh`, 'rollback', folder, service, release],
  ].join(' ');
}
