// npm run bench -- NAME [--rounds N]: measures one thing side by side with its peers, rounds interleaved, in one run.
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { reexecUnderNode24 } from './node24.mjs';
import { root } from './root.mjs';

await reexecUnderNode24(import.meta.url);

const folder = join(root, 'bench');
const names = readdirSync(folder)
  .filter(file => file.endsWith('.mjs'))
  .map(file => file.slice(0, -4));
const [name, option, value] = process.argv.slice(2);
if (!names.includes(name) || (option !== undefined && option !== '--rounds')) {
  console.error(`usage: npm run bench -- NAME [--rounds N]; names: ${names.join(', ')}`);
  process.exit(2);
}

const { measure, row } = await import('../bench/lib/measure.mjs');
const { printRows } = await import('../bench/lib/print.mjs');
const bench = await import(`../bench/${name}.mjs`);
const rounds = value === undefined ? bench.rounds : Number(value);
if (!Number.isInteger(rounds) || rounds < 3) throw new Error(`--rounds is "${value}": give a whole number, 3 or more`);

const prepared = await bench.prepare();
try {
  console.log(`${bench.title}: ${rounds} rounds`);
  const samples = await measure(prepared.contenders, rounds);
  const rows = prepared.rows.map(wanted => row(wanted, samples));
  printRows(rows, bench.unit);
  save({
    name,
    title: bench.title,
    unit: bench.unit,
    date: new Date().toISOString(),
    machine: machine(),
    versions: prepared.versions,
    rounds,
    rows,
    samples,
  });
  process.exitCode = rows.every(({ met }) => met) ? 0 : 1;
} finally {
  await prepared.end();
}

function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    node: process.version,
  };
}

function save(result) {
  const file = join(folder, 'results', `${result.name}.json`);
  if (!existsSync(join(folder, 'results'))) mkdirSync(join(folder, 'results'));
  writeFileSync(`${file}.part`, `${JSON.stringify(result, undefined, 2)}\n`);
  renameSync(`${file}.part`, file);
  console.log(`written: bench/results/${result.name}.json`);
}
