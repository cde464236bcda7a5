import { table } from '../core/summary.ts';
import { formatTarget } from '../core/target.ts';
import { formatSize } from '../core/units.ts';
import type { Settings } from './settings.ts';
import type { Surveyed } from './survey.ts';

/** What would be done on one host, in lines for the log and the summary. Pure. */
export function planOf({ facts, goal, session }: Surveyed, settings: Settings): string[] {
  const same = facts.current === goal.id && facts.unit.active === 'active';
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
    `  binary ${formatTarget(artifact.target)} sha256:${artifact.sha256}, ${formatSize(artifact.size)}, ${there ? 'is there already' : 'is uploaded'}`,
  );
  lines.push(...diff(facts.unitFile, candidate.unit).map(line => `  unit ${line}`));
  const names = Object.keys(settings.environment).sort();
  const changes = [
    ...names.filter(name => !facts.variables.includes(name)).map(name => `+${name}`),
    ...facts.variables.filter(name => !names.includes(name)).map(name => `-${name}`),
  ];
  if (changes.length > 0) lines.push(`  environment ${changes.join(' ')}`);
  return lines;
}

/** Lines that go and lines that come; their order in the file does not matter to systemd where this matters. */
function diff(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n').filter(Boolean), after.split('\n').filter(Boolean)];
  return [
    ...old.filter(line => !fresh.includes(line)).map(line => `-${line}`),
    ...fresh.filter(line => !old.includes(line)).map(line => `+${line}`),
  ];
}

export function planSummary(
  plans: readonly { readonly surveyed: Surveyed; readonly lines: readonly string[] }[],
): string {
  const rows = plans.map(({ surveyed: { session, facts, goal } }) => [session.place, facts.current || '–', goal.id]);
  const details = plans.map(({ lines }) => `\`\`\`diff\n${lines.join('\n')}\n\`\`\``);
  return ['### Plan: nothing was changed', table(['Host', 'Now', 'Then'], rows), ...details].join('\n\n');
}
