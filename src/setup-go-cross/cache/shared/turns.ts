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
/** Milliseconds between two looks at whether there are places enough. */
const controlEvery = 500;
/** Milliseconds that one waits for a place; then one builds without. */
const waitAtMost = 120_000;

/**
 * Builds on one machine that use the same folder take turns: fifty at once would all be done at the end, one after the
 * other they are done earlier on average, and need less memory. How many places there are is measured all the time: as
 * long as builds wait for the folder (a slow network) and cores are idle, there is room for one more.
 */
export async function takeTurn(root: string, leases: Leases): Promise<Turn> {
  const places = placesOf(root);
  const names = async () => Array.from({ length: await places.count() }, (_, index) => places.name(index));
  const name = await leases.takeOneOf(names, waitAtMost);
  if (name === undefined) return { end: async () => undefined };
  const controlling = name === places.name(0) ? control(places, leases) : undefined;
  let over: Promise<void> | undefined;
  const timer = setTimeout(() => end(), turnLasts);
  timer.unref();
  const end = () => {
    clearTimeout(timer);
    clearInterval(controlling);
    over ??= leases.free(name);
    return over;
  };
  return { end };
}

/** Who has the first place looks twice a second whether there are places enough. */
function control(places: ReturnType<typeof placesOf>, leases: Leases): NodeJS.Timeout {
  let busy = busyMeter();
  const adjust = async () => {
    const atWork = busy();
    busy = busyMeter();
    const count = await places.count();
    // Only where others stand in line does it say anything that cores were idle.
    if ((await leases.crowd()) <= count) return;
    const wanted = nextCount(count, atWork, availableParallelism());
    if (wanted !== count) await places.set(wanted);
  };
  const timer = setInterval(() => void adjust().catch(() => undefined), controlEvery);
  timer.unref();
  return timer;
}

/**
 * Places for the next builds, when with `count` of them this part of the cores (0 to 1) was at work; undefined is not
 * known. Half as many again as there are cores is the least; eight are more waiting than any folder should cost.
 */
export function nextCount(count: number, busy: number | undefined, cores: number): number {
  if (busy === undefined) return count;
  const wanted =
    busy < 0.9
      ? Math.min(2 * count, Math.ceil(count / Math.max(0.1, busy)))
      : busy > 0.98
        ? Math.floor(0.8 * count)
        : count;
  return Math.max(leastPlaces(cores), Math.min(8 * cores, wanted));
}

/** A build uses less than a core: it waits for the cache's answers, and links at the end. */
const leastPlaces = (cores: number) => Math.ceil(1.5 * cores);

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
