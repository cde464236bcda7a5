import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startMain } from '../core/run-action.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-chain-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The bundle of an action, played by a few lines. */
async function bundle(name: string, code: string): Promise<void> {
  await mkdir(join(folder, 'dist', name), { recursive: true });
  await writeFile(join(folder, 'dist', name, 'index.js'), code);
}

/** The real root action on these bundles. */
async function root(slipway: string, env: Record<string, string> = {}) {
  await writeFile(join(folder, 'slipway.yml'), slipway);
  const source = (path: string) => pathToFileURL(join(import.meta.dirname, '..', '..', 'src', path)).href;
  const main = join(folder, 'main.mjs');
  await writeFile(
    main,
    `
    import { runAction } from '${source('core/action.ts')}';
    import { definition } from '${source('release/inputs.ts')}';
    import { chain } from '${source('release/run.ts')}';
    import { schemas } from '${source('release/definitions.ts')}';
    await runAction(definition, chain('${join(folder, 'dist')}', schemas));
  `,
  );
  return startMain(main, join(folder, 'runner'), { 'INPUT_WORKING-DIRECTORY': folder, ...env });
}

const builds = `
  const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
  if (process.env.STATE_kept) { console.log('post of build: ' + process.env.STATE_kept); process.exit(); }
  mkdirSync('slipway-out', { recursive: true });
  writeFileSync('slipway-out/release.json', JSON.stringify({ schema: 'slipway.release/v1', name: 'hello', version: process.env.INPUT_VERSION ?? 'v1' }));
  appendFileSync(process.env.GITHUB_OUTPUT, 'release=' + process.cwd() + '/slipway-out/release.json\\n');
  appendFileSync(process.env.GITHUB_STATE, 'kept=the cache\\n');
  console.log('built');
`;
const two = 'build: { targets: linux/amd64 }\nverify: { checks: http://localhost/ 200 }\n';

describe('the chain as processes', () => {
  test('outputs, report and the state of every link with a post step', async () => {
    await bundle('setup-go-cross', builds);
    await bundle('verify-health', `console.log('given: ' + process.env.INPUT_RELEASE);`);
    const ended = await (await root(two)).ended();
    const record = join(folder, 'runner', 'slipway-out', 'release.json');
    expect([ended.code, ended.output]).toEqual([0, expect.stringContaining(`given: ${record}\n`)]);
    expect(ended.outputs).toMatchObject({ release: record, verdict: 'inconclusive' });
    expect(await readFile(ended.outputs['report']!, 'utf8')).toContain('hello');
    const state = Object.fromEntries(Object.entries(ended.state).map(([name, value]) => [`STATE_${name}`, value]));
    const post = await (await root(two, state)).ended();
    expect([post.code, post.output]).toEqual([0, 'post of build: the cache\n']);
  });

  test('a link that fails stops the chain, and names what was not begun', async () => {
    await bundle('setup-go-cross', 'process.exit(1)');
    await bundle('verify-health', `console.log('ran')`);
    const ended = await (await root(two)).ended();
    expect([ended.code, ended.output]).toEqual([
      1,
      expect.stringContaining('stopped at setup-go-cross; not begun: verify-health [CHAIN_STOPPED]'),
    ]);
    expect(ended.output).not.toContain('ran\n');
  });

  test('a mistake in the last section is found before the first link begins', async () => {
    await bundle('setup-go-cross', builds);
    const ended = await (await root(two.replace('checks', 'cheks'))).ended();
    expect(ended.output).toMatch(
      /verify-health: unknown key "cheks" in \S*slipway\.yml:2 \(did you mean "checks"\?\) \[CONFIG_INVALID\]/,
    );
    expect([ended.code, ended.output]).toEqual([1, expect.not.stringContaining('built')]);
  });

  test('cancelled: the link is told once, the chain is reported, and post steps run', async () => {
    await bundle('setup-go-cross', builds);
    await bundle(
      'verify-health',
      `let told = 0;
       process.on('SIGINT', () => { told++; setTimeout(() => { console.log('told ' + told); process.exit(1); }, 300); });
       console.log('begun'); setInterval(() => {}, 1000);`,
    );
    const started = await root(two);
    await started.until('begun');
    started.child.kill('SIGINT');
    const ended = await started.ended();
    expect([ended.code, ended.output]).toEqual([1, expect.stringContaining('told 1\n')]);
    expect(ended.output).toContain('cancelled by SIGINT [CANCELLED]');
    expect(ended.state['slipway-children']).toContain('the cache');
    expect(ended.outputs['verdict']).toBe('inconclusive');
  });

  test('ended at once: so is the link, and the state of those before it was kept', async () => {
    await bundle('setup-go-cross', builds);
    await bundle(
      'verify-health',
      `process.on('SIGINT', () => console.log('told')); process.on('SIGTERM', () => { console.log('ended at once'); process.exit(130); });
       console.log('begun'); setInterval(() => {}, 1000);`,
    );
    const started = await root(two);
    await started.until('begun');
    started.child.kill('SIGINT');
    await started.until('told');
    started.child.kill('SIGTERM');
    // Its output is closed only when the link, which shares it, has ended too.
    const ended = await started.ended();
    expect([ended.code, ended.output]).toEqual([130, expect.stringContaining('ended at once')]);
    expect(ended.state['slipway-children']).toContain('the cache');
  });
});
