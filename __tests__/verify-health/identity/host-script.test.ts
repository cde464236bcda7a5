import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../../src/core/process.ts';
import { hostAnswer, hostScript } from '../../../src/verify-health/identity/host-script.ts';

/** The script itself, in a real shell, about a real process of this machine; only systemctl is ours. */
describe('hostScript', () => {
  let folder: string;
  let child: ReturnType<typeof spawn>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-script-'));
    child = spawn('/bin/sleep', ['60']);
    const answer = `case "$*" in *--value*) echo ${child.pid};; *) echo ActiveState=active; echo MainPID=${child.pid};; esac`;
    writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\necho "$@" >> ${folder}/asked\n${answer}\n`, { mode: 0o755 });
  });
  afterAll(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  test.each(['sh', 'bash'])('%s', async shell => {
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
    const done = await run([shell, '-s'], { input: hostScript('hello@1.service'), env, timeout: 10_000 });
    const hash = createHash('sha256');
    await pipeline(createReadStream(`/proc/${child.pid}/exe`), hash);
    expect(hostAnswer(done.stdout)).toMatchObject({
      ActiveState: 'active',
      MainPID: String(child.pid),
      Sha256: hash.digest('hex'),
      Exe: expect.stringMatching(/^\//),
      Start: expect.stringMatching(/^\d+$/),
    });
    expect(done.stderr).toBe('');
  });

  test.each(["a'; reboot; '", '$(reboot)', '--all', 'a b', ''])('%j is no unit', unit => {
    expect(() => hostScript(unit)).toThrow('not a unit name');
  });
});
