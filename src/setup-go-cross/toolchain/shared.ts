import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { defaultPatience, openLeases } from '../cache/shared/leases.ts';
import { sharedFolder } from '../cache/shared/store.ts';
import type { Wanted } from '../go-version/wanted.ts';

const waitFor = 10 * 60_000;

/**
 * Installs into a folder that many builders share instead of the runner's tool cache. One downloads, the others wait for
 * it, at most ten minutes; each checks every file of what it finds there, as in the tool cache.
 *
 * @throws SlipwayError TOOLCHAIN_DIR when the folder cannot be written
 */
export async function inSharedFolder<T>(
  root: string,
  wanted: Wanted,
  install: () => Promise<T>,
  wait: number = waitFor,
): Promise<T> {
  const leases = await prepare(root, wait);
  const before = { umask: process.umask(0o002), folder: process.env['RUNNER_TOOL_CACHE'] };
  process.env['RUNNER_TOOL_CACHE'] = root; // where our own code and @actions/tool-cache look
  const entry = createHash('sha256').update(JSON.stringify(wanted)).digest('hex');
  try {
    await leases.fillOrWait(entry, async () => undefined);
    return await install();
  } finally {
    leases.close();
    process.umask(before.umask);
    if (before.folder === undefined) delete process.env['RUNNER_TOOL_CACHE'];
    else process.env['RUNNER_TOOL_CACHE'] = before.folder;
  }
}

async function prepare(root: string, wait: number) {
  try {
    await sharedFolder(root);
    await sharedFolder(join(root, 'go'));
    return await openLeases(join(root, '.slipway'), { ...defaultPatience, wait });
  } catch (error) {
    throw new SlipwayError('TOOLCHAIN_DIR', `toolchain-dir ${root} cannot be written: ${messageOf(error)}`, {
      hint: `Make it for the group of all builders: install -d -m 2775 -g GROUP ${root}`,
      cause: error,
    });
  }
}
