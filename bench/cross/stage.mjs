// What all parts stand on: a repository with the service, Go in a tool cache, the modules, and an environment.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { cacheRoot } from '../../scripts/lab/paths.mjs';
import { run } from '../../scripts/lab/run.mjs';
import { startAction } from '../../src/release/start.ts';

/** A cold build of ten targets on a slow machine; what takes longer hangs. */
const longest = 45 * 60_000;

/**
 * The flags of every contender. The commit is stamped into each program, whatever the machine's GOFLAGS say.
 */
export const flags = { trimpath: '-trimpath', vcs: '-buildvcs=auto', ldflags: '-s -w' };

/**
 * `source` is a folder with main.go, go.mod, go.sum, and in next/ those with one newer dependency. `warmCache` is the build
 * cache of the parts that measure warm builds: kept from run to run, as filling it for ten targets takes ten minutes.
 */
export async function makeStage({ source, dist, warmCache }) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-cross-'));
  const checkout = join(folder, 'checkout');
  const modules = join(cacheRoot(), 'go-mod');
  const tools = join(cacheRoot(), 'tools');
  cpSync(source, checkout, { recursive: true, filter: path => !path.endsWith('next') });
  const plain = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(GITHUB_|RUNNER_|ACTIONS_|INPUT_|STATE_|GO|CGO)/.test(name)),
  );
  const git = (...args) => run(['git', '-C', checkout, '-c', 'user.name=b', '-c', 'user.email=b@example.com', ...args]);
  const file = name => join(folder, name);
  for (const name of ['path', 'env', 'summary']) writeFileSync(file(name), '');

  /**
   * What a step of a job sees. No module comes over the network: `modules` is filled before, and a fresh runner gets
   * them from a proxy in that folder.
   */
  const env = ({ cache = file('gocache'), mod = modules } = {}) => ({
    ...plain,
    RUNNER_TEMP: folder,
    RUNNER_TOOL_CACHE: tools,
    RUNNER_OS: 'Linux',
    GITHUB_WORKSPACE: checkout,
    GITHUB_PATH: file('path'),
    GITHUB_ENV: file('env'),
    GITHUB_STEP_SUMMARY: file('summary'),
    GOTOOLCHAIN: 'local',
    GOFLAGS: '-modcacherw',
    GOCACHE: cache,
    GOMODCACHE: mod,
    GOPROXY: mod === modules ? 'off' : `file://${join(modules, 'cache', 'download')}`,
    ...(go === undefined ? {} : { PATH: [dirname(go), plain.PATH].join(delimiter) }),
  });

  /** One of our actions as a runner starts it; `post` is the state that its main step left. */
  async function step(action, inputs, { post, ...more } = {}) {
    let log = '';
    const given = { 'working-directory': checkout, ...inputs };
    const onOutput = chunk => {
      log += chunk;
    };
    const signal = AbortSignal.timeout(longest);
    const began = performance.now();
    const done = await startAction(action, { dist, inputs: given, env: more.env, post, onOutput, signal });
    const seconds = (performance.now() - began) / 1000;
    if (done.code !== 0)
      throw new Error(`${action}: exit code ${done.code}\n${log.trim().split('\n').slice(-15).join('\n')}`);
    return { seconds, log, state: done.state, outputs: done.outputs };
  }

  const ours = (inputs, options) => step('setup-go-cross', inputs, options);

  /** Any other contender's command, in the checkout. */
  async function timed(argv, options) {
    const began = performance.now();
    const said = await run(argv, { cwd: checkout, timeout: longest, ...options });
    return { seconds: (performance.now() - began) / 1000, said };
  }

  let go;
  let edition = 0;
  const stage = {
    folder,
    checkout,
    tools,
    dist,
    env,
    step,
    ours,
    timed,
    git,
    /** Another main.go, committed: so that no contender meets what the one before has compiled. */
    async edit() {
      const main = join(checkout, 'main.go');
      writeFileSync(main, readFileSync(main, 'utf8').replace(/edition = ".*"/, `edition = "${++edition}"`));
      await git('commit', '-qam', `edition ${edition}`);
    },
    /** The present dependencies, or with `next` those of which one is newer. */
    async dependencies(next) {
      for (const name of ['go.mod', 'go.sum']) cpSync(join(source, next ? 'next' : '.', name), join(checkout, name));
      if ((await git('status', '--porcelain')) !== '') await git('commit', '-qam', 'dependencies');
    },
    /** A folder that is not there yet, or is empty again. */
    async fresh(name) {
      await run(['rm', '-rf', file(name)]);
      mkdirSync(file(name));
      await run(['sync', '-f', folder]);
      return file(name);
    },
    async end() {
      // Module folders are read-only where another tool has made them.
      await run(['chmod', '-R', 'u+w', folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };

  await git('init', '-q');
  await git('add', '-A');
  await git('commit', '-qm', 'service');
  await git('tag', 'v1.0.0');
  const proxy = Object.fromEntries(
    ['GOPROXY', 'GOSUMDB'].flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])),
  );
  const installing = { ...env(), GOPROXY: '', ...proxy };
  await ours({ mode: 'setup', cache: 'false' }, { env: installing });
  go = join(readFileSync(file('path'), 'utf8').trim().split('\n').at(-1), 'go');
  for (const next of [true, false]) {
    await stage.dependencies(next);
    await timed([go, 'mod', 'download'], { env: installing });
  }
  return {
    ...stage,
    go,
    warmCache: warmCache ?? file('gocache'),
    goVersion: (await run([go, 'version'])).split(' ')[2],
  };
}
