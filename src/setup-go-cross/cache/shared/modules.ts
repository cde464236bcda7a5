import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../../core/errors.ts';
import { log } from '../../../core/log.ts';
import { sharedFolder, writeWhole } from './store.ts';

/** What the post step needs to share this job's downloads. */
export interface ShareState {
  /** GOMODCACHE/cache/download of this builder. */
  readonly from: string;
  readonly to: string;
  /** Milliseconds of the epoch: what was there before is not this job's. */
  readonly since: number;
}

/**
 * Each builder has a module cache of its own, since the go command makes module folders that another user cannot mend
 * after a crash. Shared are the downloads, as the first GOPROXY: the go command checks them like any other's.
 */
export async function shareModules(root: string, settings: { GOMODCACHE: string; GOPROXY: string }) {
  const to = join(root, 'mod');
  try {
    await sharedFolder(to);
  } catch (error) {
    log.warning(`module downloads are not shared: ${messageOf(error)}`);
    return undefined;
  }
  const state: ShareState = { from: join(settings.GOMODCACHE, 'cache', 'download'), to, since: Date.now() };
  const own = pathToFileURL(to).href;
  const others = settings.GOPROXY.split(/(?=[,|])/).filter(one => !one.includes(own));
  return { state, env: { GOPROXY: [own, others.join('').replace(/^[,|]/, '')].filter(Boolean).join(',') } };
}

/** Copies this job's downloads that the folder has not got. Lists of versions are not shared: they grow old. */
export async function publishModules({ from, to, since }: ShareState): Promise<number> {
  let count = 0;
  const paths = await readdir(from, { recursive: true }).catch(() => []);
  for (const path of paths.filter(one => /[/\\]@v[/\\]v\d[^/\\]*\.(info|mod|zip)$/.test(one))) {
    const source = join(from, path);
    if ((await stat(source)).ctimeMs < since - 2000) continue;
    const target = join(to, path);
    if (await stat(target).catch(() => undefined)) continue;
    try {
      await writeWhole(target, await readFile(source));
    } catch (error) {
      log.warning(`module downloads are not shared further: ${messageOf(error)}`);
      break;
    }
    count++;
  }
  if (count > 0) log.info(`${count} module files shared in ${to}`);
  return count;
}
