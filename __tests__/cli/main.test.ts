import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';

/** What slipway ends with when one of its outputs goes to a disk that is full. */
async function codeWith(args: readonly string[], full: 'stdout' | 'stderr'): Promise<unknown> {
  await using disk = await open('/dev/full', 'w');
  const child = spawn(process.execPath, [actionMain('cli'), ...args], {
    stdio: ['ignore', full === 'stdout' ? disk.fd : 'ignore', full === 'stderr' ? disk.fd : 'ignore'],
    env: { PATH: process.env['PATH'], ...compileCache },
  });
  return (await once(child, 'close'))[0];
}

test('a log that cannot be written ends nothing; a document that cannot is a failure', async () => {
  expect(await codeWith(['no-such-command'], 'stderr')).toBe(2);
  expect(await codeWith(['--version'], 'stderr')).toBe(0);
  expect(await codeWith(['--version'], 'stdout')).toBe(1);
}, 60_000);
