/** Prints the rows as a table; a missed goal says so. */
export function printRows(rows, unit) {
  const head = ['', `ours (${unit})`, `peer (${unit})`, 'ratio', 'goal', ''];
  const lines = rows.map(one => [
    one.name,
    one.ours.toFixed(1),
    one.peer.toFixed(1),
    one.ratio.toFixed(2),
    one.goal,
    one.met ? 'met' : 'MISSED',
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map(cells => cells[i].length)));
  for (const cells of [head, ...lines])
    console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));
}
