import { randomUUID } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../core/errors.ts';
import { log } from '../../../core/log.ts';
import { cacheRole } from '../../roles.ts';
import { sharedFolder, writeWhole } from './store.ts';

/** What makes the go command keep its build results in the shared folder; the go command takes it from 1.24 on. */
export async function sharedBuildCache(root: string, goVersion: string): Promise<Record<string, string>> {
  const [major = 0, minor = 0] = goVersion.split('.').map(part => Number.parseInt(part, 10));
  if (major === 1 && minor < 24) {
    log.warning(`Go ${goVersion} cannot keep build results in cache-dir (Go 1.24 can): modules only`);
    return {};
  }
  if (!(await usable(root))) return {};
  const words = [process.execPath, await realpath(process.argv[1]!), cacheRole, join(root, 'build')];
  return { GOCACHEPROG: words.map(quoted).join(' ') };
}

/**
 * Whether the folder is there. It may be full or read-only: then it is read from, what is new stays with this job, and
 * the log says so. A cache never fails a build.
 */
async function usable(root: string): Promise<boolean> {
  try {
    await sharedFolder(join(root, 'build'));
  } catch (error) {
    log.warning(`cache-dir ${root} cannot be made, the build goes on without it: ${messageOf(error)}. ${advice(root)}`);
    return false;
  }
  const probe = join(root, 'build', 'holder', randomUUID());
  try {
    await writeWhole(probe, '-'.repeat(4096)); // some file systems keep a few bytes beside the name, also when full
    await rm(probe, { force: true });
  } catch (error) {
    log.warning(`cache-dir ${root} is read from only, it cannot be written: ${messageOf(error)}. ${advice(root)}`);
  }
  return true;
}

const advice = (root: string) =>
  `Look for space and for rights; for several users: install -d -m 2775 -g GROUP ${root}`;

/** As cmd/internal/quoted splits it: quotes only around a whole word, and nothing is escaped in them. */
function quoted(word: string): string {
  if (!/[\s'"]/.test(word)) return word;
  return word.includes("'") ? `"${word}"` : `'${word}'`;
}
