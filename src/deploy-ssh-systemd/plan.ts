import { codeBlock, table } from '../core/summary.ts';
import { formatTarget } from '../core/target.ts';
import { formatSize } from '../core/units.ts';
import { type Colour, nextColour, type Ports, portOf } from './blue-green/ports.ts';
import type { Candidate } from './candidate.ts';
import type { HostFacts } from './facts.ts';
import { smokeWords } from './smoke/words.ts';
import { isServing } from './status.ts';
import { code } from './summary.ts';
import type { Surveyed } from './survey.ts';
import { blobsOf, missingBlobs } from './upload.ts';

/** What would be done on one host, in lines for the log and the summary. Pure. */
export function planOf({ facts, goal, session, exposure, settings }: Surveyed): string[] {
  const same = facts.current === goal.id && isServing(facts);
  const lines = [`${session.place}: ${facts.current || '(nothing)'} → ${goal.id}${same ? ' (served already)' : ''}`];
  const { candidate } = goal;
  if (facts.pending.length > 0)
    lines.push(`  a release that was never confirmed is taken back first (${facts.pending.join(', ')})`);
  if (facts.holder !== '') lines.push(`  waits for another deployment: ${facts.holder}`);
  if (candidate === undefined)
    return [...lines, `  switches back to what is on the host, binary sha256:${goal.sha256}`];
  const { artifact } = candidate;
  const there = facts.blobs.includes(artifact.sha256);
  lines.push(
    candidate.image === ''
      ? `  binary ${formatTarget(artifact.target)} sha256:${artifact.sha256}, ${formatSize(artifact.size)}, ${there ? 'is there already' : 'is uploaded'}`
      : candidate.image
          .split('\n')
          .map(image => `  image ${image}, ${there ? 'is there already' : 'is pulled'}`)
          .join('\n'),
  );
  if (goal.ports !== undefined && !same) lines.push(`  ${wayOf(facts.colour, goal.ports)}`);
  if (settings.smoke !== undefined && !same) lines.push(`  before the switch ${smokeWords(settings.smoke)}`);
  lines.push(...diff(facts.unitFile, candidate.unit).map(line => `  unit ${line}`));
  lines.push(...diff(facts.dropIn, candidate.dropIn).map(line => `  drop-in ${line}`));
  lines.push(...systemDiff(facts.system, candidate));
  lines.push(...diff(facts.timerFile, candidate.timer).map(line => `  timer ${line}`));
  lines.push(...diff(facts.launch, candidate.launch).map(line => `  launch ${line}`));
  if (exposure !== undefined) lines.push(`  exposure ${exposure} by systemd-analyze security`);
  for (const [kind, before, after] of [
    ['environment', facts.variables, candidate.variables],
    ['credentials', facts.credentials, candidate.credentials],
  ] as const) {
    const changes = changesOf(before, after);
    if (changes.length > 0) lines.push(`  ${kind} ${changes.join(' ')}`);
  }
  const missing = missingBlobs(candidate, facts).map(one => one.name);
  for (const { name, path, size } of blobsOf(candidate, '').slice(1))
    lines.push(`  file ${path}, ${formatSize(size)}, ${missing.includes(name) ? 'is uploaded' : 'is there already'}`);
  return lines;
}

/** What becomes of two instances. */
function wayOf(serving: Colour | '', ports: Ports): string {
  const colour = nextColour(serving);
  return `${colour} is started on port ${portOf(ports, colour)}, tried, and then gets the requests of the proxy; ${serving || 'what serves now'} is stopped after soak-time`;
}

/** Files for other programs, whether they come, go or change. */
function systemDiff(before: HostFacts['system'], { parts }: Candidate): string[] {
  const after = new Map(parts.map(({ path, content }) => [path, content]));
  const paths = [
    ...[...before.keys()].map(kind => `system/${kind}`),
    ...[...after.keys()].filter(path => path.startsWith('system/')),
  ];
  return [...new Set(paths)].flatMap(path =>
    diff(before.get(path.slice('system/'.length)) ?? '', after.get(path) ?? '').map(line => `  ${path} ${line}`),
  );
}

/** Names that come and names that go. */
function changesOf(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...after.filter(name => !before.includes(name)).map(name => `+${name}`),
    ...before.filter(name => !after.includes(name)).map(name => `-${name}`),
  ];
}

/** Lines that go and lines that come; their order in the file does not matter to systemd where this matters. */
export function diff(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n').filter(Boolean), after.split('\n').filter(Boolean)];
  return [
    ...old.filter(line => !fresh.includes(line)).map(line => `-${line}`),
    ...fresh.filter(line => !old.includes(line)).map(line => `+${line}`),
  ];
}

export function planSummary(
  plans: readonly { readonly surveyed: Surveyed; readonly lines: readonly string[] }[],
): string {
  const rows = plans.map(({ surveyed: { session, facts, goal, exposure } }) => [
    code(session.place),
    facts.current || '–',
    facts.current === goal.id ? 'the same' : goal.id,
    exposure === undefined ? '–' : String(exposure),
  ]);
  // hosts of which the same is to be said are named together
  const alike = new Map<string, string[]>();
  for (const { surveyed, lines } of plans) {
    const text = asDiff(lines.slice(1));
    if (text !== '') alike.set(text, [...(alike.get(text) ?? []), code(surveyed.session.place)]);
  }
  const details = [...alike].map(([text, places]) => `${places.join(', ')}:\n\n${codeBlock(text, 'diff')}`);
  return ['### Plan: nothing was changed', table(['Host', 'Now', 'Then', 'Exposure'], rows), ...details].join('\n\n');
}

/** What comes and goes stands at the beginning of its line, so that it has its colour; above it, of which file. */
function asDiff(lines: readonly string[]): string {
  let file = '';
  return lines
    .flatMap(line => {
      const [, of, change] = /^ {2}(unit|drop-in|timer|launch|system\/\S+) ([+-].*)$/.exec(line) ?? [];
      if (of === undefined || change === undefined) return [line.slice(1)];
      const head = of === file ? [] : [`@@ ${of} @@`];
      file = of;
      return [...head, change];
    })
    .join('\n');
}
