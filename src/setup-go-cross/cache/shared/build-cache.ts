import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SlipwayError } from '../../../core/errors.ts';
import { log } from '../../../core/log.ts';
import { cacheRole } from '../../roles.ts';
import { sharedFolder } from './store.ts';

/** What makes the go command keep its build results in the shared folder; the go command takes it from 1.24 on. */
export async function sharedBuildCache(root: string, goVersion: string): Promise<Record<string, string>> {
  const [major = 0, minor = 0] = goVersion.split('.').map(part => Number.parseInt(part, 10));
  if (major === 1 && minor < 24) {
    log.warning(`Go ${goVersion} cannot keep build results in cache-dir (Go 1.24 can): modules only`);
    return {};
  }
  try {
    await sharedFolder(join(root, 'build'));
  } catch (error) {
    throw new SlipwayError('CACHE_DIR', `cache-dir ${root} cannot be written: ${messageOf(error)}`, {
      hint: `Make it for the group of all builders: install -d -m 2775 -g GROUP ${root}`,
      cause: error,
    });
  }
  const words = [process.execPath, await realpath(process.argv[1]!), cacheRole, join(root, 'build')];
  return { GOCACHEPROG: words.map(quoted).join(' ') };
}

/** As cmd/internal/quoted splits it: quotes only around a whole word, and nothing is escaped in them. */
function quoted(word: string): string {
  if (!/[\s'"]/.test(word)) return word;
  return word.includes("'") ? `"${word}"` : `'${word}'`;
}
