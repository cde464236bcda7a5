import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { describeWith } from '../integration/lab.ts';

const root = join(import.meta.dirname, '..', '..');
const out = join(root, 'slipway-out', 'demo');

await describeWith(['registry', 'host:host20', 'cluster'], 'npm run demo', () => {
  test('ends verified, the broken version taken back, no secret in its logs', async () => {
    const { stdout } = await run([process.execPath, join(root, 'scripts', 'demo.mjs')], {
      cwd: root,
      timeout: 580_000,
    });
    expect(stdout).toMatch(/^verdict: verified \(\d+ s\)$/m);
    expect(stdout).not.toContain('left out');
    expect(stdout).toContain('v3.0.0 deploy-ssh-systemd');

    const record = async (version: number) =>
      JSON.parse(await readFile(join(out, `v${version}`, 'slipway-out', 'release.json'), 'utf8'));
    expect((await record(2)).verification).toMatchObject({ verdict: 'verified', identity: 'proven' });
    expect((await record(3)).deployments).toMatchObject([{ kind: 'ssh-systemd', state: 'rolled-back' }]);

    const { stdout: found } = await run(['grep', '-rlE', 'BEGIN OPENSSH PRIVATE KEY|client-key-data', out], {
      timeout: 10_000,
      accept: [1],
    });
    expect(found).toBe('');
  }, 600_000);
});
