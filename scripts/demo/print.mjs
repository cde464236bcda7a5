/** Prints what was done and how long each step took. */
export function printTable(steps) {
  const width = Math.max(4, ...steps.map(({ title }) => title.length));
  console.log(`\n${'step'.padEnd(width)}  seconds  result`);
  for (const { title, seconds, result } of steps)
    console.log(`${title.padEnd(width)}  ${seconds.toFixed(1).padStart(7)}  ${result}`);
  console.log('');
}
