// actions/setup-go as a step of a job, and after it `go build`, as in most workflows.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peerVariable } from '../../scripts/lab/peers.mjs';
import { run } from '../../scripts/lab/run.mjs';
import { root } from '../../scripts/root.mjs';
import { readFileCommands } from '../../src/release/runner-files.ts';
import { flags } from './stage.mjs';
import { variables } from './targets.mjs';

const longest = 15 * 60_000;

/**
 * The action itself where SLIPWAY_PEER_SETUP_GO names a checkout of it; else its cache calls, made by the same client
 * (setup-go-way.mjs), which spares it the rest of its work.
 */
export function setupGoWay(stage) {
  const checkout = process.env[peerVariable('setup-go')];
  if (checkout && !existsSync(join(checkout, 'dist/setup/index.js')))
    throw new Error(
      `${peerVariable('setup-go')} is "${checkout}", which is no checkout of actions/setup-go; correct it or leave it out`,
    );
  const program = checkout
    ? { main: [join(checkout, 'dist/setup/index.js')], post: [join(checkout, 'dist/cache-save/index.js')] }
    : {
        main: [join(import.meta.dirname, 'setup-go-way.mjs'), 'restore'],
        post: [join(import.meta.dirname, 'setup-go-way.mjs'), 'save'],
      };
  const step = async (script, env, state = {}) => {
    const files = { GITHUB_OUTPUT: join(stage.folder, 'peer-output'), GITHUB_STATE: join(stage.folder, 'peer-state') };
    for (const file of Object.values(files)) writeFileSync(file, '');
    const inputs = {
      'INPUT_GO-VERSION-FILE': join(stage.checkout, 'go.mod'),
      INPUT_CACHE: 'true',
      'INPUT_CHECK-LATEST': 'false',
    };
    const states = Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));
    const began = performance.now();
    const log = await run([process.execPath, ...script], {
      cwd: stage.checkout,
      env: { ...inputs, ...env, ...files, ...states },
      timeout: longest,
    });
    if (/^::error/m.test(log)) throw new Error(`setup-go: ${log.trim()}`);
    return { seconds: (performance.now() - began) / 1000, log, state: await readFileCommands(files.GITHUB_STATE) };
  };
  const build = (target, env) => {
    const words = ['env', ...variables(target).split(' '), 'CGO_ENABLED=0', stage.go, 'build'];
    return stage.timed(
      [...words, flags.trimpath, flags.vcs, `-ldflags=${flags.ldflags}`, '-o', join(stage.folder, 'peer-out'), '.'],
      { env },
    );
  };
  return {
    name: checkout ? 'setup-go' : "setup-go's cache calls",
    version: checkout
      ? `${JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')).version}`
      : `not there (${peerVariable('setup-go')}): its calls of @actions/cache ${JSON.parse(readFileSync(join(root, 'node_modules/@actions/cache/package.json'), 'utf8')).version}`,
    /** Seconds to have Go on PATH, from the tool cache. */
    setUpOnly: async env => (await step(program.main, { ...env, INPUT_CACHE: 'false' })).seconds,
    build,
    /** A job: Go, caches, one target, and with `save` the post step, which is not in `seconds`. */
    async job(target, env, { save }) {
      const main = await step(program.main, env);
      const { seconds } = await build(target, env);
      if (save) await step(program.post, env, main.state);
      return { seconds: main.seconds + seconds, restored: /Cache restored from key/.test(main.log) };
    },
  };
}
