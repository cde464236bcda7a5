// What `npm run bench` measured, as the table of a README.
import { amount } from '../../bench/lib/amount.mjs';
import { table } from './tables.mjs';

/**
 * @param results the files of bench/results that there are, parsed; none of them: the table says so
 * @param name the benchmark that would make the first
 */
export function measuredTable(results, name) {
  if (results.length === 0) return `Not measured yet: \`npm run bench -- ${name}\`.`;
  const rows = results.flatMap(({ rows, unit }) =>
    rows.map(row => [
      row.name,
      amount(row.ours, row.oursRange, row.unit ?? unit),
      amount(row.peer, row.peerRange, row.unit ?? unit),
      row.ratio.toFixed(2),
      row.goal === '' ? '' : `${row.goal}${row.met ? '' : ' (missed)'}`,
    ]),
  );
  return [table(['Measured', 'Ours', 'Peer', 'Ratio', 'Goal'], rows), '', ...results.map(provenance)].join('\n');
}

/** Where, when and with which versions: a line a benchmark. */
function provenance({ name, part, date, rounds, machine, versions }) {
  const with_ = Object.entries(versions)
    .map(([what, version]) => `${what} ${String(version).replace(/^(go|v)(?=\d)/, '')}`)
    .join(', ');
  const memory = (machine.memory / 2 ** 30).toFixed(0);
  const command = `npm run bench -- ${name}${part === undefined ? '' : ` --only ${part}`}`;
  return `\`${command}\`, ${date.slice(0, 10)}, ${rounds} rounds, ${machine.cores} cores, ${memory} GiB: ${with_}.`;
}
