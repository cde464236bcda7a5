// Four targets of a module with large compiles in a memory control group: `parallelism: auto` against `go build` for
// all four at once, which the kernel ends. Without a limit, what the care for memory costs.
//
// SLIPWAY_BENCH=short: smaller packages in a group of 500 MB. SLIPWAY_BENCH_MODULE=kube-apiserver: k8s.io/kubernetes
// v1.34.4 from the module proxy in 3 GB; a round then takes the better part of an hour on two cores.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureGo } from '../scripts/lab/go.mjs';
import { makeMemoryGroup } from '../scripts/lab/memory-group.mjs';
import { cacheRoot } from '../scripts/lab/paths.mjs';
import { root } from '../scripts/root.mjs';
import { writeKubeApiserver } from './lib/kube-apiserver.mjs';
import { writeLargeModule } from './lib/large-module.mjs';
import { notFirst } from './lib/measure.mjs';

export const title = 'four targets of a module with large compiles, in a memory control group';
export const unit = 's';
export const rounds = 3;

const short = process.env.SLIPWAY_BENCH === 'short';
const kube = process.env.SLIPWAY_BENCH_MODULE === 'kube-apiserver';
const limit = short ? 500e6 : 3e9;
const size = short ? { packages: 2, rows: 3500 } : { packages: 2, rows: 14_000 };
const targets = ['linux/amd64', 'linux/arm64', 'linux/386', 'linux/arm/v7'];
const flags = ['-trimpath', '-buildvcs=auto', '-ldflags=-s -w'];
const within = 5400_000;
const say = line => process.stderr.write(`memory: ${line}\n`);

export async function prepare() {
  const go = await ensureGo();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-memory-'));
  const module = join(folder, 'module');
  mkdirSync(module);
  const end = async () => rmSync(folder, { recursive: true, force: true });
  try {
    let program = '.';
    if (kube) program = writeKubeApiserver(go, module);
    else writeLargeModule(module, size);
    const place = { go, folder, module, program };
    const killed = await inGroup(limit, group => plainAll(place, group));
    say(
      `four go build at once in ${limit / 1e9} GB: ${killed.failed} of 4 failed, the kernel ended ${killed.kills} processes`,
    );
    if (killed.kills === 0) throw new Error('the plain build was not ended by the kernel: the limit shows nothing');
    const contenders = [
      {
        name: 'auto, limited',
        run: notFirst(async () => {
          const done = await inGroup(limit, group => auto(place, group));
          say(`parallelism: auto in ${limit / 1e9} GB: ${done.took.toFixed(1)} s, ${done.kills} processes ended`);
          if (done.failed + done.kills > 0) throw new Error(`${done.kills} ended by the kernel: ${done.said}`);
          return done.took;
        }),
      },
      {
        name: 'one after the other, limited',
        run: notFirst(async () => (await inGroup(limit, group => plainSerial(place, group))).took),
      },
    ];
    const rows = [
      {
        name: `parallelism: auto in ${limit / 1e9} GB, against one target after the other with -p=1`,
        ours: 'auto, limited',
        peer: 'one after the other, limited',
        goal: { ratio: 1.1 },
      },
    ];
    const version = execFileSync(go, ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();
    return {
      contenders,
      rows,
      versions: { node: process.version, go: version, limit, plainKilled: killed.kills, plainFailed: killed.failed },
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Runs in a group of its own; resolves with what the kernel ended there. */
async function inGroup(bytes, task) {
  const { group, why } = makeMemoryGroup(bytes);
  if (group === undefined) throw new Error(why);
  try {
    const began = performance.now();
    const { failed, said } = await task(group);
    return { took: (performance.now() - began) / 1000, failed, said, kills: group.kills() };
  } finally {
    await group.remove();
  }
}

async function plainAll({ go, folder, module, program }, group) {
  const cache = fresh(folder);
  const ends = await Promise.all(
    targets.map(target => end(group.wrap(buildArgs(go, folder, program, [])), module, goEnv(cache, target))),
  );
  return { failed: ends.filter(({ code }) => code !== 0).length, said: ends.map(({ said }) => said).join('\n') };
}

async function plainSerial({ go, folder, module, program }, group) {
  const cache = fresh(folder);
  for (const target of targets) {
    const { code, said } = await end(
      group.wrap(buildArgs(go, folder, program, ['-p=1'])),
      module,
      goEnv(cache, target),
    );
    if (code !== 0) throw new Error(`-p=1 for ${target} failed: ${said}`);
  }
  return { failed: 0, said: '' };
}

async function auto({ folder, module, program }, group) {
  const main = process.env.SLIPWAY_BENCH_MAIN ?? join(root, 'dist/setup-go-cross/index.js');
  const file = name => {
    writeFileSync(join(folder, name), '');
    return join(folder, name);
  };
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(GITHUB|RUNNER|INPUT|STATE|ACTIONS)_|^GOFLAGS$/.test(key)),
  );
  const env = {
    ...own,
    GOCACHE: fresh(folder),
    GITHUB_OUTPUT: file('output'),
    GITHUB_STATE: file('state'),
    GITHUB_ENV: file('env'),
    GITHUB_PATH: file('path'),
    GITHUB_STEP_SUMMARY: file('summary'),
    RUNNER_TEMP: folder,
    RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
    'INPUT_WORKING-DIRECTORY': module,
    INPUT_TARGETS: targets.join('\n'),
    INPUT_PACKAGES: program,
    INPUT_VERSION: 'v1.0.0',
    INPUT_SBOM: 'false',
    INPUT_PROVENANCE: 'false',
    INPUT_CACHE: 'false',
    ...(kube ? { GOFLAGS: '-mod=mod' } : {}),
  };
  const { code, said } = await end(group.wrap([process.execPath, main]), module, env);
  for (const line of said.split('\n').filter(one => /at once|memory/.test(one))) say(line);
  return { failed: code === 0 ? 0 : 1, said };
}

const buildArgs = (go, folder, program, more) => [go, 'build', ...more, ...flags, '-o', join(folder, 'out/'), program];

function goEnv(cache, target) {
  const [os, arch, variant] = target.split('/');
  const { GOFLAGS: _flags, ...env } = process.env;
  return {
    ...env,
    ...(kube ? { GOFLAGS: '-mod=mod' } : {}),
    ...(variant === undefined ? {} : { GOARM: variant.slice(1) }),
    GOCACHE: cache,
    GOOS: os,
    GOARCH: arch,
    CGO_ENABLED: '0',
    GOTOOLCHAIN: 'local',
  };
}

/** Every build begins cold. */
function fresh(folder) {
  rmSync(join(folder, 'cache'), { recursive: true, force: true });
  mkdirSync(join(folder, 'out'), { recursive: true });
  return join(folder, 'cache');
}

function end([program, ...args], cwd, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: within });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (said += text));
    child.once('error', reject);
    child.once('close', code => resolve({ code, said: said.trim() }));
  });
}
