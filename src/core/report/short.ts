import type { Deployment } from '../record/schema.ts';
import { codeBlock, type Span, table, timeline } from '../summary.ts';
import { formatDuration } from '../units.ts';
import { type CustodyLink, custodyOf } from './custody.ts';
import type { ReportPart } from './part.ts';
import { proofsOf } from './proofs/index.ts';
import { latest, type Verdict, verdictOf, whyOf } from './verdict.ts';

/** What does not fit into these is in the whole report; a summary over 1 MiB is thrown away by the runner. */
const [mostRows, mostSpans, mostLetters, mostCommands] = [40, 60, 300, 12];

/**
 * The report in short, as Markdown for a job summary: the verdict, the chain of custody, what was done when, what did not
 * go well first, and some commands to check it by hand. What each action saw stands in its own summary.
 */
export function renderShort({ record, spans }: ReportPart): string {
  const verdict = verdictOf(record);
  const reasons = record.verification?.reasons ?? [];
  const links = custodyOf(record);
  return [
    `## ${code(record.name)} ${code(record.version)}: ${marks[verdict]} ${verdict}`,
    ...(reasons.length === 0 ? [] : [`Reasons: ${reasons.slice(0, mostRows).map(code).join(', ')}`]),
    table(
      links.map(({ name }) => name),
      [links.map(linkText)],
    ),
    ...(spans.length === 0 ? [] : [timeline('The chain', spans.slice(0, mostSpans).map(shortName))]),
    ...places(latest(record)),
    ...commands(record),
  ].join('\n\n');
}

const shortName = (span: Span): Span => ({ ...span, name: span.name.slice(0, mostLetters) });

const marks: Record<Verdict, string> = { verified: '✅', failed: '❌', 'rolled-back': '↩️', inconclusive: '⚠️' };
const linkMarks: Record<CustodyLink['state'], string> = { done: '✅', open: '⚠️', broken: '❌', none: '➖' };

function linkText({ state, hash, text }: CustodyLink): string {
  const evidence = hash === undefined ? text : hash.replace(/^sha256:/, '').slice(0, 12);
  return `${linkMarks[state]} ${evidence === undefined ? 'no evidence' : code(evidence)}`;
}

function places(deployments: readonly Deployment[]): string[] {
  if (deployments.length === 0) return [];
  const isGood = ({ state }: Deployment) => state === 'healthy' || state === 'unchanged';
  const rows = deployments.toSorted((a, b) => Number(isGood(a)) - Number(isGood(b)));
  const took = ({ started, ended }: Deployment) =>
    ended === undefined ? '–' : formatDuration(Date.parse(ended) - Date.parse(started));
  const shown = rows.slice(0, mostRows).map(one => {
    const why = isGood(one) ? undefined : whyOf(one);
    return [code(one.place), code(one.service), one.state, took(one), why === undefined ? '' : code(why)];
  });
  const more = rows.length - shown.length;
  return [
    table(['Place', 'Service', 'State', 'Took', 'Why'], shown),
    ...(more > 0 ? [`and ${more} more places, in the report.`] : []),
  ];
}

function commands(record: ReportPart['record']): string[] {
  const some = proofsOf(record)
    .flatMap(({ proofs }) => proofs.slice(0, 2))
    .filter(({ command }) => command.length < 10 * mostLetters)
    .slice(0, mostCommands);
  if (some.length === 0) return [];
  const lines = some.map(({ command }) => command).join('\n');
  return [
    `<details><summary>See for yourself</summary>\n\n${codeBlock(lines, 'sh')}\n\nThe report has the rest, and what each prints.\n</details>`,
  ];
}

/** Text of a record as code: nothing in it is a link, a mention, HTML or Markdown. */
function code(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  if (flat === '') return '–';
  const short = flat.length > mostLetters ? `${flat.slice(0, mostLetters)}…` : flat;
  const longest = Math.max(0, ...[...short.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const room = longest === 0 ? '' : ' ';
  return `${fence}${room}${short}${room}${fence}`;
}
