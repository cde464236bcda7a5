// Builds at once that share one cache folder: cache-dir against plain `go build` with GOCACHE there. Every builder has a
// commit of its own; what the program depends on is in the cache. And ten builders that begin with an empty folder.
//
// SLIPWAY_BENCH=short: six builds of a tiny program. SLIPWAY_BENCH_PARTS=local,delay,empty: only these (50 builds of the
// service take about a minute each time on two cores, a cold build too: all parts 20 minutes, each part alone 8).
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureGo } from '../scripts/lab/go.mjs';
import { root } from '../scripts/root.mjs';
import { mountDelayed } from './lib/fuse-delay.mjs';
import { notFirst } from './lib/measure.mjs';
import { buildMany } from './shared-cache/builders.mjs';

export const title = 'builds at once that share one cache folder';
export const unit = 's';
export const rounds = 3;

const short = process.env.SLIPWAY_BENCH === 'short';
const many = short ? 6 : 50;
const steps = short ? [2] : [10, 30];
const parts = (process.env.SLIPWAY_BENCH_PARTS ?? 'local,delay,empty').split(',');
const say = line => process.stderr.write(`shared-cache: ${line}\n`);

export async function prepare() {
  const go = await ensureGo();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-shared-cache-'));
  const near = join(folder, 'near');
  const far = join(folder, 'far');
  mkdirSync(near);
  const service = short ? tiny(join(folder, 'tiny')) : join(root, 'bench/shared-cache/service');
  execFileSync(go, ['mod', 'download'], { cwd: service, stdio: 'pipe', timeout: 300_000 });
  const build = (count, env) => buildMany({ go, service, folder: join(folder, 'checkouts'), count, env });
  const ends = [];
  const end = async () => {
    for (const one of ends) await one();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const groups = [];
    if (parts.includes('local') || parts.includes('delay')) {
      for (const env of [plain(near), ours(near)]) complete(await build(1, env), 'filling the cache');
      say('the caches hold what the service depends on');
    }
    if (parts.includes('local')) groups.push(pair('a local folder', near, 0.6));
    if (parts.includes('delay')) {
      const { unmount, why } = await mountDelayed(go, near, far, '1ms');
      if (unmount === undefined) throw new Error(`a slow folder cannot be mounted: ${why}; leave the part "delay" out`);
      ends.push(unmount);
      groups.push(pair('1 ms an operation', far, 0.5));
    }
    for (const { env, where } of groups) {
      for (const count of steps) {
        const { mean } = complete(await build(count, env), `${count} builds, ${where}`);
        say(`${count} at once, ${where}: all succeeded, ${mean.toFixed(1)} s on average`);
      }
    }
    const contenders = groups.flatMap(({ where, env, other }) => [
      { name: `cache-dir, ${where}`, run: warmed(count => build(count, env), true) },
      { name: `plain, ${where}`, run: warmed(count => build(count, other), false) },
    ]);
    const rows = groups.map(({ where, goal }) => ({
      name: `mean of ${many} builds, ${where}`,
      ours: `cache-dir, ${where}`,
      peer: `plain, ${where}`,
      goal: { ratio: goal },
    }));
    if (parts.includes('empty')) {
      const tenth = short ? 3 : 10;
      const cold = (count, env) => async () => {
        rmSync(join(folder, 'cold'), { recursive: true, force: true });
        const { last } = complete(await build(count, env), `${count} builds with an empty cache`);
        say(`${count} with an empty cache: ${last.toFixed(1)} s`);
        return last;
      };
      contenders.push(
        { name: 'ten, empty cache-dir', run: notFirst(cold(tenth, ours(join(folder, 'cold')))) },
        { name: 'one, empty cache', run: notFirst(cold(1, plain(join(folder, 'cold')))) },
      );
      rows.push({
        name: `${tenth} builders, one empty cache, against one cold build`,
        ours: 'ten, empty cache-dir',
        peer: 'one, empty cache',
        goal: { ratio: 1.3 },
      });
    }
    const version = execFileSync(go, ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();
    return { contenders, rows, versions: { node: process.version, go: version, builds: many, short }, end };
  } catch (error) {
    await end();
    throw error;
  }
}

const pair = (where, cache, goal) => ({ where, goal, env: ours(cache), other: plain(cache) });

const plain = cache => ({ ...bare(), GOCACHE: join(cache, 'plain') });

/** As `cache-dir` sets it for later steps; the go command's own cache stays unused. */
function ours(cache) {
  const main = process.env.SLIPWAY_BENCH_MAIN ?? join(root, 'dist/setup-go-cross/index.js');
  const program = [process.execPath, main, 'slipway-go-cache', join(cache, 'ours/build')];
  return { ...bare(), GOCACHE: join(cache, 'unused'), GOCACHEPROG: program.join(' ') };
}

function bare() {
  const { GOFLAGS: _flags, GOCACHEPROG: _program, ...env } = process.env;
  return { ...env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };
}

function complete(done, what) {
  if (done.failures.length === 0) return done;
  throw new Error(`${what}: ${done.failures.length} failed, the first with: ${done.failures[0]}`);
}

/** The first call only warms up, with two builds. Every build of ours must succeed; a failed one of the peer is told. */
function warmed(build, all) {
  let first = true;
  return async () => {
    const count = first ? 2 : many;
    first = false;
    const done = await build(count);
    if (all) complete(done, `${count} builds`);
    else if (done.failures.length > 0) say(`plain: ${done.failures.length} of ${count} failed: ${done.failures[0]}`);
    say(
      `${count} at once, ${all ? 'cache-dir' : 'plain'}: ${done.mean.toFixed(1)} s on average, ${done.last.toFixed(1)} s the last`,
    );
    return done.mean;
  };
}

function tiny(folder) {
  mkdirSync(folder);
  writeFileSync(join(folder, 'go.mod'), 'module slipway.example/tiny\n\ngo 1.26.8\n');
  writeFileSync(
    join(folder, 'main.go'),
    'package main\n\nimport "fmt"\n\nvar revision = "0"\n\nfunc main() { fmt.Println(revision) }\n',
  );
  return folder;
}
