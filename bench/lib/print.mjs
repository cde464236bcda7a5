import { amount } from './amount.mjs';

/** Prints the rows as a table, medians with the least and the greatest sample; a missed goal says so. Without a peer its columns are empty. */
export function printRows(rows, unit) {
  const head = ['', 'ours', 'peer', 'ratio', 'goal', ''];
  const lines = rows.map(one => [
    one.name,
    amount(one.ours, one.oursRange, one.unit ?? unit),
    one.peer === undefined ? '' : amount(one.peer, one.peerRange, one.unit ?? unit),
    one.ratio?.toFixed(2) ?? '',
    one.goal,
    one.met === undefined ? '' : one.met ? 'met' : 'MISSED',
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map(cells => cells[i].length)));
  for (const cells of [head, ...lines])
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));
}
