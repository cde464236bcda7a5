import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import type { Leases } from './leases.ts';
import { writeWhole } from './store.ts';

/** A build is at work; `end` gives its place to the next one. */
export interface Turn {
  end(): Promise<void>;
}

/** Milliseconds after which a build gives up its place and goes on beside the others: a long one holds nobody up. */
const turnLasts = 15_000;
/** Milliseconds that one waits for a place; then one builds without. */
const waitAtMost = 120_000;

/**
 * Builds on one machine that use the same folder take turns: fifty at once would all be done at the end, one after the
 * other they are done in half of the time on average, and need less memory. How many places there are is measured: as
 * long as builds wait for the folder (a slow network) and cores are idle, there is room for one more.
 */
export async function takeTurn(root: string, leases: Leases): Promise<Turn> {
  const places = placesOf(root);
  const before = Date.now();
  const names = async () => Array.from({ length: await places.count() }, (_, index) => places.name(index));
  const name = await leases.takeOneOf(names, waitAtMost);
  if (name === undefined) return { end: async () => undefined };
  const waited = Date.now() - before > 50;
  const count = await places.count();
  const busy = busyMeter();
  let over: Promise<void> | undefined;
  const timer = setTimeout(() => end(), turnLasts);
  timer.unref();
  const end = () => {
    clearTimeout(timer);
    over ??= (async () => {
      // Only where others stand in line does it say anything that cores were idle.
      const wanted = waited ? nextCount(count, busy(), availableParallelism()) : count;
      if (wanted !== count) await places.set(wanted).catch(() => undefined);
      await leases.free(name);
    })();
    return over;
  };
  return { end };
}

/**
 * Places for the next builds, when with `count` of them this part of the cores (0 to 1) was at work; undefined is not
 * known. Half as many again as there are cores is the least; eight are more waiting than any folder should cost.
 */
export function nextCount(count: number, busy: number | undefined, cores: number): number {
  if (busy === undefined) return count;
  const wanted =
    busy < 0.9 ? Math.min(2 * count, Math.ceil(count / Math.max(0.1, busy))) : busy > 0.98 ? count - 1 : count;
  return Math.max(leastPlaces(cores), Math.min(8 * cores, wanted));
}

/** A build uses less than a core: it waits for the cache's answers, and links at the end. */
export const leastPlaces = (cores: number) => Math.ceil(1.5 * cores);

/** The places of this machine in this folder. */
function placesOf(root: string) {
  const file = join(root, 'places', machine);
  return {
    name: (index: number) => `place-${machine}-${index}`,
    count: async () => {
      const text = await readFile(file, 'utf8').catch(() => '');
      return Number(/^\d+/.exec(text)?.[0]) || leastPlaces(availableParallelism());
    },
    set: (count: number) => writeWhole(file, `${count}\n`),
  };
}

/** The machine as it has started; containers on it share its cores. */
const machine = (() => {
  let boot = '';
  try {
    boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8');
  } catch {
    // not Linux: its name has to do
  }
  return createHash('sha256')
    .update(boot || hostname())
    .digest('hex')
    .slice(0, 16);
})();

/** What part of all cores was at work since; undefined where that is not known (not Linux). */
function busyMeter(): () => number | undefined {
  const before = coreTimes();
  return () => {
    const now = coreTimes();
    if (before === undefined || now === undefined || now.all === before.all) return undefined;
    return 1 - (now.idle - before.idle) / (now.all - before.all);
  };
}

/** proc_stat(5): user nice system idle iowait irq softirq steal; a core that waits for a disk is free for others. */
function coreTimes(): { readonly idle: number; readonly all: number } | undefined {
  try {
    const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!;
    const times = line.split(/ +/).slice(1, 9).map(Number);
    return { idle: times[3]! + times[4]!, all: times.reduce((sum, one) => sum + one, 0) };
  } catch {
    return undefined;
  }
}
