import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { removeFolder, root, temporaryFolder } from '../e2e/support.ts';

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => removeFolder(folder));

async function program(name: string): Promise<string> {
  const project = join(folder, name);
  await mkdir(project);
  await writeFile(join(project, 'go.mod'), 'module example.com/hi\n\ngo 1.25\n');
  await writeFile(join(project, 'main.go'), 'package main\n\nfunc main() {\n\thttp.ListenAndServe(":8123", nil)\n}\n');
  return project;
}

/** Runs slipway on a terminal of its own (script(1) makes one) and types each answer when its question is there. */
function onTerminal(
  cwd: string,
  args: string,
  answers: readonly (readonly [question: string, answer: string])[],
  env = {},
) {
  const command = `'${process.execPath}' '${join(root, 'bin', 'slipway.mjs')}' ${args}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm', ...env },
    timeout: 60_000,
  });
  const left = [...answers];
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
    if (left[0] !== undefined && said.includes(left[0][0])) child.stdin.write(`${left.shift()![1]}\n`);
  });
  return new Promise<{ code: number | null; said: string }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', code => resolve({ code, said }));
  });
}

test('init asks what it cannot find, on a terminal only, in colours', async () => {
  const project = await program('asked');
  const ended = await onTerminal(project, 'init', [
    ['Hosts to deploy to', 'deploy@web1 deploy@web2:2222'],
    ['Where users open it', 'https://hi.example.com/up'],
  ]);
  expect([ended.code, ended.said]).toEqual([0, expect.stringContaining('\u001b[32m✓ slipway.yml')]);
  const text = await readFile(join(project, 'slipway.yml'), 'utf8');
  expect(text).toContain('hosts: [deploy@web1, deploy@web2:2222]');
  expect(text).toContain('checks: https://hi.example.com/up 200 within 1s');
});

test('a release is begun only when it was agreed to: no, and Ctrl-D, begin nothing; NO_COLOR is without colours', async () => {
  const project = await program('refused');
  const env = { SSH_PRIVATE_KEY: 'x', NO_COLOR: '1' };
  await onTerminal(project, 'init --yes --host deploy@web1', []);
  for (const answer of ['n', '\u0004']) {
    const ended = await onTerminal(project, 'release', [['Go on?', answer]], env);
    expect([ended.code, ended.said]).toEqual([2, expect.stringContaining('not confirmed [NOT_CONFIRMED]')]);
    expect(ended.said).toContain('release: setup-go-cross, deploy-ssh-systemd (hosts), verify-health');
    expect(ended.said).not.toContain('\u001b[3');
  }
});

test('Ctrl-C at a question ends it with exit code 130', async () => {
  const project = await program('interrupted');
  const ended = await onTerminal(project, 'init', [['Hosts to deploy to', '\u0003']]);
  expect([ended.code, ended.said]).toEqual([130, expect.stringContaining('Interrupted')]);
  await expect(readFile(join(project, 'slipway.yml'))).rejects.toMatchObject({ code: 'ENOENT' });
});
