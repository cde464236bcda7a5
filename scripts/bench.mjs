// npm run bench -- NAME [--rounds N] [--short] [--only PART,…] [--dist FOLDER] [--out FILE]: measures one thing side by
// side with its peers, rounds interleaved, in one run. A benchmark of one part exports prepare(); one of several exports
// run(), and `parts` that --only chooses from: each part has a file of results (bench/results/NAME-PART.json) of its own. --short goes through everything once with something small: its figures say
// nothing, so that no goal is judged and nothing is stored but in --out. --dist: bundles that are not in dist.
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { reexecUnderNode24 } from './node24.mjs';
import { root } from './root.mjs';

await reexecUnderNode24(import.meta.url);
delete process.env.NODE_COMPILE_CACHE; // a runner has none either

const folder = join(root, 'bench');
const names = readdirSync(folder)
  .filter(file => file.endsWith('.mjs'))
  .map(file => file.slice(0, -4));
const usage = `usage: npm run bench -- NAME [--rounds N] [--short] [--only PART,…] [--dist FOLDER] [--out FILE]; names: ${names.join(', ')}`;
const { name, options } = readArguments();

const { measure, row } = await import('../bench/lib/measure.mjs');
const { printRows } = await import('../bench/lib/print.mjs');
const bench = await import(`../bench/${name}.mjs`);
const short = options.short === true;
const rounds = options.rounds === undefined ? (short ? 1 : bench.rounds) : Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < (short ? 1 : 3))
  fail(`--rounds is "${options.rounds}": give a whole number, 3 or more`);
const only = options.only?.split(',') ?? bench.parts ?? [];
const unknown = only.filter(part => !bench.parts?.includes(part));
if (unknown.length > 0) fail(`--only: ${name} has no part ${unknown[0]}; parts: ${bench.parts?.join(', ') ?? 'none'}`);

console.log(`${bench.title}: ${rounds} rounds`);
const began = Date.now();
const { rows, samples, versions } = bench.run
  ? await bench.run({ rounds, short, only, dist: resolve(options.dist ?? join(root, 'dist')) })
  : await sideBySide();
if (short) for (const one of rows) one.met = undefined;
printRows(rows, bench.unit);
for (const [what, version] of Object.entries(versions)) console.log(`${what} ${version}`);
save({
  name,
  title: bench.title,
  unit: bench.unit,
  date: new Date().toISOString(),
  seconds: Math.round((Date.now() - began) / 1000),
  machine: machine(),
  versions,
  rounds,
  rows,
  samples,
});
process.exitCode = rows.some(({ met }) => met === false) ? 1 : 0;

function readArguments() {
  const text = { type: 'string' };
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { rounds: text, only: text, dist: text, out: text, short: { type: 'boolean' } },
    });
    if (positionals.length === 1 && names.includes(positionals[0])) return { name: positionals[0], options: values };
  } catch (error) {
    console.error(error.message);
  }
  return fail(usage);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

async function sideBySide() {
  const prepared = await bench.prepare({ short });
  try {
    const samples = await measure(prepared.contenders, rounds);
    return { rows: prepared.rows.map(wanted => row(wanted, samples)), samples, versions: prepared.versions };
  } finally {
    await prepared.end();
  }
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

/** A file a part, so that a part can be measured again alone; with --out everything in one. */
function save(result) {
  if (options.out !== undefined) return write(resolve(options.out), result);
  if (short) return console.log('the short form: nothing is written');
  if (bench.parts === undefined) return write(resultFile(result.name), result);
  for (const part of only) {
    const rows = result.rows.filter(one => one.part === part).map(({ part: _part, ...one }) => one);
    write(resultFile(`${result.name}-${part}`), { ...result, part, rows, samples: result.samples[part] });
  }
}

function resultFile(name) {
  return join(folder, 'results', `${name}.json`);
}

function write(file, result) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, `${JSON.stringify(result, undefined, 2)}\n`);
  renameSync(`${file}.part`, file);
  console.log(`written: ${file}`);
}
