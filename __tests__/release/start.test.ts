import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startAction } from '../../src/release/start.ts';

let dist: string;
beforeEach(async () => {
  dist = await mkdtemp(join(tmpdir(), 'start-'));
  await mkdir(join(dist, 'verify-health'));
});
afterEach(() => rm(dist, { recursive: true, force: true }));

const script = (code: string) => writeFile(join(dist, 'verify-health', 'index.js'), code);
const start = (more: object = {}) =>
  startAction('verify-health', {
    dist,
    inputs: {},
    env: { PATH: process.env['PATH'], RUNNER_TEMP: dist },
    onOutput: () => undefined,
    ...more,
  });

describe('startAction', () => {
  test('gives inputs as a runner does and brings outputs and state back', async () => {
    await script(`
      const { appendFileSync } = require('node:fs');
      appendFileSync(process.env.GITHUB_OUTPUT, 'verdict=' + process.env['INPUT_WORKING-DIRECTORY'] + '\\n');
      appendFileSync(process.env.GITHUB_STATE, 'key=kept\\n');
    `);
    const ended = await start({ inputs: { 'working-directory': '/somewhere' } });
    expect(ended).toMatchObject({ code: 0, outputs: { verdict: '/somewhere' }, state: { key: 'kept' } });
  });

  test('inputs and state of the caller do not leak into the child', async () => {
    await script(
      `require('node:fs').appendFileSync(process.env.GITHUB_OUTPUT, 'seen=' + Object.keys(process.env).filter(k => /^(INPUT|STATE)_/.test(k)).join() + '\\n')`,
    );
    const ended = await start({ env: { INPUT_SECRET: 'x', STATE_a: 'y', RUNNER_TEMP: dist } });
    expect(ended.outputs['seen']).toBe('');
  });

  test('the post step gets the state', async () => {
    await script(
      `require('node:fs').appendFileSync(process.env.GITHUB_OUTPUT, 'got=' + process.env.STATE_key + '\\n')`,
    );
    expect((await start({ post: { key: 'kept' } })).outputs['got']).toBe('kept');
  });

  test('cancelling is SIGINT, so that the action can leave its target healthy', async () => {
    await script(`process.on('SIGINT', () => process.exit(7)); console.log('ready'); setInterval(() => {}, 1000)`);
    const controller = new AbortController();
    const ended = await start({ signal: controller.signal, onOutput: () => controller.abort() });
    expect(ended.code).toBe(7);
  });

  test('a terminal’s Ctrl-C does not reach it a second time: it has a process group of its own', async () => {
    await script(
      `const group = require('node:fs').readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[2];
       require('node:fs').appendFileSync(process.env.GITHUB_OUTPUT, 'own=' + (Number(group) === process.pid) + '\\n')`,
    );
    expect((await start()).outputs['own']).toBe('true');
  });

  test('what ignores SIGINT and SIGTERM is killed 10 s after it was cancelled, with what it started', async () => {
    await script(
      `const seen = []; const began = Date.now();
       for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => console.log(name + ' ' + (Date.now() - began)));
       require('node:child_process').spawn('sleep', ['60'], { stdio: 'inherit' });
       console.log('ready'); setInterval(() => {}, 1000)`,
    );
    const controller = new AbortController();
    let said = '';
    const onOutput = (chunk: string) => {
      said += chunk;
      controller.abort();
    };
    const began = performance.now();
    const ended = await start({ signal: controller.signal, onOutput });
    expect(ended.code).toBe(1);
    const [, int, term] = /SIGINT (\d+)\nSIGTERM (\d+)\n$/.exec(said) ?? [];
    expect(Number(term) - Number(int)).toBeGreaterThan(7000);
    expect(performance.now() - began).toBeGreaterThan(9900);
    expect(performance.now() - began).toBeLessThan(20_000);
  }, 30_000);

  test('a process that was killed has not succeeded', async () => {
    await script(`process.kill(process.pid, 'SIGKILL')`);
    expect((await start()).code).toBe(1);
  });

  test('leaves no file behind', async () => {
    await script('');
    await start();
    expect(await readdir(dist)).toEqual(['verify-health']);
  });
});
