import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
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
 * @throws SlipwayError TOOLCHAIN_DIR when the folder cannot be written, or everybody may write it
 */
export async function inSharedFolder<T>(
  root: string,
  wanted: Wanted,
  install: () => Promise<T>,
  wait: number = waitFor,
): Promise<T> {
  const leases = await prepare(root, wait);
  await refuseWorldWritable(root);
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

/**
 * The record that a toolchain is checked against lies beside it: whoever may write there is trusted. That is the group of
 * the builders, and must not be everybody.
 */
async function refuseWorldWritable(root: string): Promise<void> {
  if (process.platform === 'win32') return; // its rights are not in the mode
  const inside = async (folder: string) => (await readdir(folder).catch(() => [])).map(name => join(folder, name));
  const versions = await inside(join(root, 'go'));
  const places = await Promise.all(versions.map(inside));
  for (const path of [root, join(root, 'go'), ...versions, ...places.flat()]) {
    const found = await lstat(path).catch(() => undefined); // another builder may just have taken it away
    if (found === undefined || found.isSymbolicLink() || (found.mode & 0o002) === 0) continue;
    throw new SlipwayError('TOOLCHAIN_DIR', `toolchain-dir ${root} is refused: everybody may write ${path}`, {
      hint: `Anybody could put another Go there with a record that fits. Look at what is in it, then: chmod -R o-w ${root}`,
    });
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
