// What `npm run bench -- canary --only simulated` counted, as the tables of a README.
import { table } from './tables.mjs';

/** @param result bench/results/canary-simulated.json, parsed; undefined: the table says so */
export function simulatedTables(result) {
  if (result === undefined) return 'Not simulated yet: `npm run bench -- canary --only simulated`.';
  const { releases, cells } = result.samples;
  const all = Object.entries(cells);
  const usual = Object.keys(all[0][1]);
  const compared = table(
    ['', ...usual],
    all.map(([name, seen]) => [name, ...usual.map(rule => text(seen[rule]))]),
  );
  const ownWays = all.flatMap(([name, seen]) =>
    Object.keys(seen)
      .filter(rule => rule === 'ours' || !usual.includes(rule))
      .map(rule => [name, rule, text(seen[rule])]),
  );
  const several = ownWays.filter(([name]) => ownWays.filter(([other]) => other === name).length > 1);
  return [
    compared,
    '',
    table(['', 'Ours', 'Of 1000'], several),
    '',
    ...missed(result.rows),
    `\`npm run bench -- canary --only simulated\`, ${result.date.slice(0, 10)}, ${releases} releases a cell, the same seeds for every rule.`,
  ].join('\n');
}

/** `2.5`, `1000 (30 s / 7)`, `402 (465 s / 6), 598 inconclusive`. */
function text({ rollbacks, inconclusive, time, served }) {
  const number = value => String(Number(value.toFixed(1)));
  const when = rollbacks >= 400 ? ` (${number(time)} s / ${number(served)})` : '';
  return `${number(rollbacks)}${when}${inconclusive > 0 ? `, ${number(inconclusive)} inconclusive` : ''}`;
}

function missed(rows) {
  const names = rows.filter(({ met }) => met === false).map(({ name, goal }) => `- Missed: ${name} (${goal}).`);
  return names.length === 0 ? [] : [...names, ''];
}
