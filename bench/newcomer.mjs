// What a newcomer does with the README alone on a program of somebody else: `slipway init`, the lines that it leaves to
// them, `slipway release`, until it says verified. On a host that knows nothing of Slipway yet.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as lab from '../scripts/lab/host.mjs';
import { cacheRoot } from '../scripts/lab/paths.mjs';
import { run as command } from '../scripts/lab/run.mjs';
import { root } from '../scripts/root.mjs';
import { measure, row } from './lib/measure.mjs';

export const title = 'a newcomer: from a repository to verified';
export const unit = 's';
export const rounds = 3;

const programs = ['whoami', 'gin'];
const longest = 10 * 60_000;

/** @returns { rows, samples, versions }; modules and compiled packages are kept, as they are on somebody's own machine */
export async function run({ rounds, short }) {
  const progress = line => console.log(`  ${line}`);
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-newcomer-'));
  const host = await lab.up({ name: 'host72', fresh: true, progress });
  const edited = {};
  const newcomer = name => ({
    name,
    run: async () => {
      const { seconds, lines } = await play(name, { folder, host, progress });
      edited[`${name}: lines`] = [...(edited[`${name}: lines`] ?? []), lines];
      return seconds;
    },
  });
  try {
    const times = await measure(programs.map(newcomer), rounds, { warmUp: !short, progress });
    const samples = {
      ...times,
      ...Object.fromEntries(Object.entries(edited).map(([name, all]) => [name, all.slice(-rounds)])),
    };
    const rows = programs.flatMap(name => [
      row({ name: `${name}, from init to verified`, ours: name, peer: name, goal: { most: 600 } }, samples),
      row(
        {
          name: `${name}, lines edited`,
          ours: `${name}: lines`,
          peer: `${name}: lines`,
          goal: { most: 12 },
          unit: 'lines',
        },
        samples,
      ),
    ]);
    return { rows, samples, versions: { node: process.version } };
  } finally {
    await lab.down({ name: 'host72', remove: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns seconds until verified, and how many lines of slipway.yml had to be edited */
async function play(name, { folder, host, progress }) {
  const home = mkdtempSync(join(folder, `${name}-`));
  const repository = join(home, name);
  cpSync(join(root, '__tests__/cli/init/fixtures', name), repository, { recursive: true });
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    ...Object.fromEntries(
      Object.entries(process.env).filter(([key]) =>
        /^(GO(PROXY|SUMDB)|(HTTPS?|NO)_PROXY|NODE_EXTRA_CA_CERTS)$/i.test(key),
      ),
    ),
    RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
    GOCACHE: join(cacheRoot(), 'go-build'),
    GOMODCACHE: join(cacheRoot(), 'go-mod'),
    SSH_PRIVATE_KEY: readFileSync(host.privateKey, 'utf8'),
  };
  mkdirSync(env.RUNNER_TOOL_CACHE, { recursive: true });
  const git = (...argv) =>
    command(['git', '-c', 'user.name=n', '-c', 'user.email=n@example.com', ...argv], { cwd: repository });
  const slipway = (...argv) =>
    command([process.execPath, join(root, 'bin/slipway.mjs'), ...argv], { cwd: repository, env, timeout: longest });
  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-qm', 'as it was found');

  const began = performance.now();
  await slipway('init', '--host', `${host.user}@${host.address}:${host.port}`);
  const lines = answer(join(repository, 'slipway.yml'), readFileSync(host.knownHosts, 'utf8').trim(), host);
  await git('add', '-A');
  await git('commit', '-qm', 'slipway');
  await git('tag', 'v1.0.0');
  const said = await slipway('release', '--yes', '--json');
  const seconds = (performance.now() - began) / 1000;
  if (JSON.parse(said).verdict !== 'verified') throw new Error(`${name} is not verified: ${said.slice(-500)}`);
  progress(`${name}: ${lines} lines edited`);
  await lab.exec(host.name, ['systemctl', 'stop', name]); // the next round, and the other program, have the port
  return { seconds, lines };
}

/** Edits what init marks with TODO, as its comment says. @returns how many lines */
function answer(file, knownHosts, host) {
  const lines = readFileSync(file, 'utf8').split('\n');
  let edited = 0;
  for (const [index, line] of lines.entries()) {
    if (!line.includes('"" # TODO')) continue;
    const key = /^[\s-]*([a-z-]+):/.exec(line)?.[1];
    const value = { 'known-hosts': knownHosts, listen: '8080', checks: `tcp ${host.address}:8080` }[key];
    if (value === undefined) throw new Error(`init leaves a line that this newcomer does not understand: ${line}`);
    lines[index] = line.replace(/""[^\n]*$/, JSON.stringify(value));
    edited++;
  }
  writeFileSync(file, lines.join('\n'));
  return edited;
}
