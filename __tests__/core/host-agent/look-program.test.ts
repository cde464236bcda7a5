import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { lookProgram } from '../../../src/core/host-agent/look-program.ts';
import { run } from '../../../src/core/process.ts';

/** The program itself, in a real shell, about a real process of this machine; only systemctl is ours. */
describe('the program that looks', () => {
  let folder: string;
  let child: ReturnType<typeof spawn>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-look-'));
    child = spawn('/bin/sleep', ['60']);
    const answer = `case "$*" in *FragmentPath*) echo ${folder}/a.service; echo; echo ${folder}/none.conf;; *--value*) echo loaded;; *) echo ActiveState=active; echo MainPID=${child.pid};; esac`;
    writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\necho "$@" >>${folder}/asked\n${answer}\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'a.service'), '[Service]\n');
  });
  afterAll(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const ask = async (shell: string, ...requests: string[][]) => {
    const lines = requests.map(([verb, ...words]) => [
      verb,
      ...words.map(word => Buffer.from(word).toString('base64')),
    ]);
    writeFileSync(join(folder, 'program'), await lookProgram());
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
    const input = `${lines.map(words => words.join(' ')).join('\n')}\n`;
    return run([...(shell.split(' ') as [string]), join(folder, 'program')], {
      input,
      env,
      timeout: 10_000,
      accept: [1],
    });
  };

  const shells = ['dash', 'bash', 'busybox sh'].map(shell => ({
    shell,
    isThere: spawnSync(shell.split(' ')[0]!, [shell.includes(' ') ? 'true' : '-c', ':']).error === undefined,
  }));
  for (const { shell } of shells.filter(one => !one.isThere))
    test.skip(`${shell}: it is not on this machine`, () => {});

  test.each(shells.filter(one => one.isThere))('$shell', async ({ shell }) => {
    const { stdout, stderr } = await ask(shell, ['look', 'hello@1', '0'], ['look', 'hello', '0']);
    const hash = createHash('sha256');
    await pipeline(createReadStream(`/proc/${child.pid}/exe`), hash);
    expect(stdout).toContain(`Sha256=${hash.digest('hex')}\n`);
    expect(stdout).toMatch(
      /@text look ActiveState=active\n@more look MainPID=\d+\n@more look Start=\d+\n@more look Exe=\//,
    );
    const own = createHash('sha256')
      .update(readFileSync(join(folder, 'a.service')))
      .digest('hex');
    expect(stdout).toContain(`@text files ${own}  ${folder}/a.service\n@ok\n`);
    expect(stdout.match(/@ok/g)).toHaveLength(2);
    expect(stderr).toBe('');
  });

  test('names that are none are refused, and so is every other request', async () => {
    const names = ["a'; reboot; '", '$(reboot)', '--all', 'a b', '*'];
    const { stdout } = await ask(
      'sh',
      ...names.map(name => ['look', name, '0']),
      ['look', 'hello', '$(id)'],
      ['lock', 'a'],
    );
    expect(stdout.match(/^@error NAME_REFUSED/gm)).toHaveLength(names.length + 1);
    expect(stdout.match(/^@error VERB_UNKNOWN/gm)).toHaveLength(1);
    expect(stdout).not.toContain('@ok');
  });
});
