import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  convertWorkflowTemplate,
  NoOperationTraceWriter,
  parseWorkflow as parseAsGitHub,
} from '@actions/workflow-parser';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { workflowReference } from '../../../src/cli/home.ts';
import { run } from '../../../src/core/process.ts';
import { parseWorkflow, reusable } from '../../workflows/files.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const file = '.github/workflows/release.yml';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-init-workflow-'));
  await cp(join(root, 'examples', 'gin'), folder, { recursive: true });
  await rm(join(folder, 'slipway.yml'));
});
afterAll(() => rm(folder, { recursive: true }));

const init = (...args: string[]) =>
  run([process.execPath, join(root, 'bin', 'slipway.mjs'), 'init', '--host', 'deploy@web1.example.com', ...args], {
    cwd: folder,
    timeout: 60_000,
    accept: [2],
    env: { ...process.env, HOME: folder },
  });

test('init --workflow writes a workflow beside slipway.yml that GitHub’s own parser takes', async () => {
  const { stdout } = await init('--workflow', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ code: 0, files: ['slipway.yml', file], variables: ['SSH_PRIVATE_KEY'] });
  const text = await readFile(join(folder, file), 'utf8');
  const { context, value } = parseAsGitHub({ name: file, content: text }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  expect(context.errors.getErrors().map(({ message }) => message)).toEqual([]);
});

test('it calls our workflows with inputs and secrets that they have, and gives what each job asks for', async () => {
  const { jobs } = parseWorkflow(file, await readFile(join(folder, file), 'utf8'));
  expect(Object.keys(jobs)).toEqual(['release', 'deploy']);
  for (const [name, job] of Object.entries(jobs)) {
    expect(job.uses).toBe(workflowReference(`${name}.yml`));
    const call = reusable.get(name)!.on.workflow_call!;
    expect(Object.keys(call.inputs)).toEqual(expect.arrayContaining(Object.keys(job.with ?? {})));
    expect(Object.keys(call.secrets)).toEqual(expect.arrayContaining(Object.keys(job.secrets ?? {})));
    for (const secret of Object.keys(job.secrets ?? {}))
      expect((job.secrets as Record<string, string>)[secret]).toBe(`\${{ secrets.${secret} }}`);
  }
  expect(jobs['deploy']).toMatchObject({ needs: 'release', secrets: { SSH_PRIVATE_KEY: expect.anything() } });
  const [, output] = /needs\.release\.outputs\.(\w+)/.exec(String(jobs['deploy']!.with?.['artifact']))!;
  expect(Object.keys(reusable.get('release')!.on.workflow_call!.outputs)).toContain(output);
});

test('a workflow that is there stays as it is; --force keeps it beside the new one', async () => {
  const before = await readFile(join(folder, file), 'utf8');
  await rm(join(folder, 'slipway.yml'));
  const refused = await init('--workflow');
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`${file} is there already`)]);
  await expect(readFile(join(folder, 'slipway.yml'))).rejects.toThrow('ENOENT');
  await init('--workflow', '--force', '--config', 'other.yml');
  const after = await readFile(join(folder, file), 'utf8');
  expect(after).toContain('config: other.yml');
  expect(await readFile(join(folder, `${file}.old`), 'utf8')).toBe(before);
});
