import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { sleep } from '../../../core/deadline.ts';
import { sharedFolder, tryLink, writeWhole } from './store.ts';

export interface Patience {
  /** Milliseconds between two signs of life of a holder. */
  readonly beat: number;
  /** Milliseconds without one after which a holder of another machine counts as dead. */
  readonly silence: number;
  /** Milliseconds that one waits for an entry; then one fills it oneself. */
  readonly wait: number;
}

/** Milliseconds between two looks of all who wait for a place. */
const looksApart = 15;

export const defaultPatience: Patience = { beat: 5000, silence: 20_000, wait: 60_000 };

/** Says who fills a missing entry, so that the others can wait for it and not do the same work. */
export interface Leases {
  /**
   * Waits while another one fills the entry.
   *
   * @param filled asks for the entry
   * @returns the entry; or undefined: it is ours to fill, or the wait is over
   */
  fillOrWait<T>(entry: string, filled: () => Promise<T | undefined>): Promise<T | undefined>;
  /**
   * Takes one of these names, whichever is free first.
   *
   * @param names asked again and again: there may be more of them later
   * @returns undefined when none got free in time
   */
  takeOneOf(names: () => Promise<readonly string[]>, wait: number): Promise<string | undefined>;
  /** How many processes use this folder now, as far as they have said. */
  crowd(): Promise<number>;
  /** The entry is filled, or the name is given back. */
  free(entry: string): Promise<void>;
  /** Gives everything free. Synchronous: it is the last thing that a process does. */
  close(): void;
}

/**
 * A lease is a second name (hard link) of its holder's own file: taken by an atomic `link`, also on NFS, and one touch
 * of that file is the sign of life of all its leases. A killed holder stops touching it; on the same machine its process
 * is looked for.
 */
export async function openLeases(root: string, patience: Patience = defaultPatience): Promise<Leases> {
  const leasePath = (entry: string) => join(root, 'lease', entry);
  await sharedFolder(join(root, 'lease'));
  const self = join(root, 'holder', randomUUID());
  await writeWhole(self, `${here} ${process.pid}\n`);
  const held = new Set<string>();
  const timer = setInterval(() => {
    const now = new Date();
    utimes(self, now, now).catch(() => undefined); // the others then take over: work is done twice, nothing is wrong
  }, patience.beat);
  timer.unref();

  const leases: Leases = {
    async fillOrWait(entry, filled) {
      const path = leasePath(entry);
      const until = Date.now() + patience.wait;
      const alive = watcher(path, patience.silence);
      for (let pause = 20; ; pause = Math.min(pause * 1.5, 250)) {
        if (await tryLink(self, path)) {
          held.add(entry);
          const now = await filled(); // the holder before us may have filled it just now
          if (now !== undefined) await leases.free(entry);
          return now;
        }
        if (held.has(entry) || Date.now() > until) return undefined;
        await sleep(pause);
        const found = await filled();
        if (found !== undefined) return found;
        const state = await alive();
        if (state === 'dead') await rm(path, { force: true });
        // Given free and not filled: it is none of those that get filled (a linked program), nobody waits for it.
        if (state === 'free') return filled();
      }
    },
    async takeOneOf(names, wait) {
      const until = Date.now() + wait;
      const watchers = new Map<string, () => Promise<'alive' | 'dead' | 'free'>>();
      let known: readonly string[] = [];
      let pause = 100;
      // Many wait, not in step: one of them looks soon, however many they are, and together they look no more often. Each
      // look costs little, also on a slow network: one or two names, and now and then whether the holder of one lives.
      for (let round = 0; Date.now() < until; round++, await sleep(pause * (0.5 + Math.random()))) {
        if (round % 4 === 0) {
          known = shuffled(await names());
          pause = Math.min(1000, Math.max(50, (await leases.crowd()) * looksApart));
        }
        const some = round === 0 ? known : known.slice(round % known.length).slice(0, 2);
        for (const name of some) {
          if (await tryLink(self, leasePath(name))) {
            held.add(name);
            return name;
          }
        }
        if (round % 2 === 0) continue;
        const asked = known[((round - 1) / 2) % known.length]!;
        const alive = watchers.get(asked) ?? watcher(leasePath(asked), patience.silence);
        watchers.set(asked, alive);
        if ((await alive()) === 'dead') await rm(leasePath(asked), { force: true });
      }
      return undefined;
    },
    crowd: async () => (await readdir(join(root, 'holder')).catch(() => [])).length,
    async free(entry) {
      if (held.delete(entry)) await rm(leasePath(entry), { force: true });
    },
    close() {
      clearInterval(timer);
      for (const entry of held) rmSync(leasePath(entry), { force: true });
      rmSync(self, { force: true });
    },
  };
  return leases;
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map(one => ({ one, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
}

/** Looks at a lease again and again: the clock of the server does not matter, only whether the time changes. */
function watcher(path: string, silence: number): () => Promise<'alive' | 'dead' | 'free'> {
  let seen = { mtime: 0, at: Date.now() };
  return async () => {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return 'free';
    if (found.mtimeMs !== seen.mtime) seen = { mtime: found.mtimeMs, at: Date.now() };
    const [where, pid] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
    if (where === here && !isRunning(Number(pid))) return 'dead';
    return Date.now() - seen.at > silence ? 'dead' : 'alive';
  };
}

/** Where a process id means the same process: this boot of this machine and this namespace of processes. */
const here = (() => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()}/${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return randomUUID(); // not Linux: signs of life only
  }
})();

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
