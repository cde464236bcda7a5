import { table } from '../summary.ts';
import type { Assessment } from './assess.ts';
import { levels, weights } from './weights.ts';

/** The score line by line, and what is done for it. Pure. */
export function riskLines({ total, level, lines, compared, unknown }: Assessment, chosen: string): string[] {
  return [
    `risk ${total} points, ${level} (from ${levels[level]} on): ${chosen}`,
    ...lines.map(({ name, seen, points }) => `  ${String(points).padStart(3)}  ${weights[name].what}: ${words(seen)}`),
    ...(compared === undefined ? [] : [`  compared: ${compared}`]),
    ...unknown.map(why => `  not known: ${why}`),
  ];
}

/** The same for the job summary. Pure. */
export function riskSummary({ total, level, lines, compared, unknown }: Assessment, chosen: string): string {
  const rows = lines.map(({ name, seen, points }) => [weights[name].what, words(seen), String(points)]);
  const notes = [
    ...(compared === undefined ? [] : [`Compared: \`${compared}\`.`]),
    ...unknown.map(why => `Not known: ${why}.`),
  ];
  return [
    `### Risk: ${total} points, ${level}`,
    `${chosen}.`,
    table(['', 'Seen', 'Points'], rows),
    notes.join('\n'),
  ].join('\n\n');
}

function words(seen: number | undefined): string {
  return seen === undefined ? 'not known' : String(seen);
}
