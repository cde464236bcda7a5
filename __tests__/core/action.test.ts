import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startMain } from './run-action.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-action-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const core = (name: string) => pathToFileURL(join(import.meta.dirname, '..', '..', 'src', 'core', name)).href;

/** A tiny action of its own, run by node as a runner runs one. `body` is what its main step does. */
async function action(body: string, env: Record<string, string> = {}, post = '') {
  const main = join(folder, 'main.mjs');
  await writeFile(
    main,
    `
    import { runAction } from '${core('action.ts')}';
    import { define } from '${core('definition.ts')}';
    import { SlipwayError } from '${core('errors.ts')}';
    import { sleep } from '${core('deadline.ts')}';
    import { text } from '${core('values.ts')}';
    const definition = define({
      name: 'tiny', title: 'Tiny', description: 'x', icon: 'anchor', color: 'blue', outputs: { said: 'x' },
      inputs: { word: { description: 'x', value: text, default: 'none' }, key: { description: 'x', value: text, secret: true } },
    });
    await runAction(definition, {
      run: async ({ inputs, signal, output, summary, directory, record }) => { ${body} },
      ${post === '' ? '' : `post: async signal => { ${post} },`}
    });
  `,
  );
  return startMain(main, join(folder, 'runner'), env);
}

describe('an action as a process', () => {
  test('success: outputs, several lines too, and a summary', async () => {
    const ended = await (
      await action(`output('said', inputs.word + '\\nsecond=line'); await summary('# done');`, { INPUT_WORD: 'hello' })
    ).ended();
    expect(ended).toMatchObject({ code: 0, output: '', outputs: { said: 'hello\nsecond=line' } });
    expect(await readFile(join(folder, 'runner', 'summary.md'), 'utf8')).toBe('# done\n\n');
  });

  test('without summary nothing is written there', async () => {
    await (await action(`await summary('# done');`, { INPUT_SUMMARY: 'false' })).ended();
    await expect(readFile(join(folder, 'runner', 'summary.md'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('failure: one annotation with code and hint first, exit code 1, and the outputs so far stand', async () => {
    const ended = await (
      await action(
        `output('said', 'before'); throw new SlipwayError('DOOR_SHUT', 'the door is shut\\nit said: no', { hint: 'Open it.' });`,
      )
    ).ended();
    expect(ended).toMatchObject({ code: 1, outputs: { said: 'before' } });
    expect(ended.output).toMatch(/^::error::the door is shut \[DOOR_SHUT\]%0AOpen it\.%0Ait said: no\n::debug::.*\n$/);
  });

  test('an unknown input is an error before anything runs', async () => {
    const ended = await (await action(`console.log('ran');`, { INPUT_WROD: 'x' })).ended();
    expect(ended.code).toBe(1);
    expect(ended.output).toContain('unknown input "wrod" (did you mean "word"?) [INPUT_INVALID]%0ANothing was changed');
    expect(ended.output).not.toContain('ran');
  });

  test('a secret is masked before the action begins', async () => {
    const ended = await (await action(`console.log('begins');`, { INPUT_KEY: 'hunter2' })).ended();
    expect(ended.output).toMatch(/^::add-mask::hunter2\n(.*\n)*begins\n$/);
  });

  test('a record that cannot be read stops it', async () => {
    const ended = await (await action(`console.log('ran');`, { INPUT_RELEASE: 'nowhere.json' })).ended();
    expect([ended.code, ended.output]).toEqual([1, expect.stringContaining('[RECORD_MISSING]')]);
    expect(ended.output).not.toContain('ran');
  });
});

describe('cancellation', () => {
  test('SIGINT aborts what waits; what was begun is taken back, and the step fails as cancelled', async () => {
    const started = await action(
      `console.log('begun'); try { await sleep(20_000, signal); } finally { console.log('taken back'); }`,
    );
    await started.until('begun');
    started.child.kill('SIGINT');
    const ended = await started.ended();
    expect(ended.code).toBe(1);
    expect(ended.output).toMatch(/^begun\ntaken back\n::error::cancelled by SIGINT \[CANCELLED\]%0A/);
  });

  test('SIGTERM ends a taking back that takes too long', async () => {
    const started = await action(
      `console.log('begun'); await sleep(20_000, signal).catch(() => console.log('takes back')); await sleep(20_000);`,
    );
    await started.until('begun');
    started.child.kill('SIGINT');
    await started.until('takes back');
    started.child.kill('SIGTERM');
    expect((await started.ended()).code).toBe(130);
  });

  test('a signal that comes while inputs and record are read keeps the action from beginning', async () => {
    // Reading a FIFO waits until somebody writes: the signal is sure to come before the record does.
    const record = join(folder, 'record.json');
    execFileSync('mkfifo', [record]);
    const main = await action(`console.log('ran');`, { INPUT_RELEASE: record, INPUT_KEY: 'hunter2' });
    await main.until('add-mask');
    main.child.kill('SIGINT');
    await writeFile(record, JSON.stringify({ schema: 'slipway.release/v1', name: 'x', version: 'v1' }));
    const early = await main.ended();
    expect([early.code, early.output]).toEqual([1, expect.stringContaining('[CANCELLED]')]);
    expect(early.output).not.toContain('ran');
  });
});

describe('the post step', () => {
  test('runs in a process that has the state of the main step, and only there', async () => {
    const main = await (await action(`console.log('main');`, {}, `console.log('post');`)).ended();
    expect([main.output, main.state]).toEqual(['main\n', { 'slipway-post': 'tiny' }]);
    const post = await (
      await action(`console.log('main');`, { 'STATE_slipway-post': 'tiny' }, `console.log('post');`)
    ).ended();
    expect([post.code, post.output]).toEqual([0, 'post\n']);
  });

  test('state of another action does not make it a post step', async () => {
    const ended = await (
      await action(`console.log('main');`, { 'STATE_slipway-post': 'slipway' }, `console.log('post');`)
    ).ended();
    expect(ended.output).toBe('main\n');
  });

  test('its failure is a warning and does not fail the job', async () => {
    const ended = await (await action('', { 'STATE_slipway-post': 'tiny' }, `throw new Error('no cache');`)).ended();
    expect([ended.code, ended.output]).toEqual([0, '::warning::no cache\n']);
  });

  test('it can be cancelled', async () => {
    const started = await action(
      '',
      { 'STATE_slipway-post': 'tiny' },
      `console.log('begun'); await sleep(20_000, signal);`,
    );
    await started.until('begun');
    started.child.kill('SIGINT');
    expect(await started.ended()).toMatchObject({ code: 0, output: expect.stringContaining('cancelled by SIGINT') });
  });
});
