import { log } from '../../../core/log.ts';
import { formatSize } from '../../../core/units.ts';
import { memoryGauge, type Room } from './machine.ts';
import { oomKills, outOfMemory, wasOutOfMemory } from './out-of-memory.ts';
import { type Measured, type Parallelism, planParallelism, shareOf, typical } from './plan.ts';
import { endFirst, type Usage, usageOf } from './processes.ts';

/** How one build is started. */
export interface Start {
  readonly p: number;
  readonly signal: AbortSignal;
  /** On top of the environment: for the last attempt a garbage collector that trades time for memory. */
  readonly env: Readonly<Record<string, string>>;
  /** To be told which process it is, so that its memory can be measured. */
  readonly onStart: (pid: number) => void;
}

export interface Job<T> {
  readonly title: string;
  start(how: Start): Promise<T>;
}

export interface Limits {
  readonly wanted: 'auto' | number;
  readonly cores: number;
  readonly signal: AbortSignal;
  /** What limits memory most at this moment. */
  readonly gauge?: () => Room | undefined;
}

interface Running {
  readonly job: number;
  readonly p: number;
  readonly stop: AbortController;
  readonly kills: number | undefined;
  readonly end: Promise<void>;
  pid?: number;
  usage: Usage;
}

/** Why a build was ended: memory is short, it is built again later. */
const makeWay = new Error('memory is short');
const nothing: Usage = { go: 0, tool: 0, total: 0 };

/** Kept free: what builds can take until memory is looked at again. */
const reserveOf = ({ limit }: Room) => Math.min(2 ** 30, Math.max(64 * 2 ** 20, 0.12 * limit));

/**
 * Runs all builds, with `auto` as many at once as cores and memory allow. Memory is watched all the time: when it gets
 * short, the youngest is ended and built again later (the packages that it has finished are in the cache), and from then
 * on fewer are built at once. One that the kernel ended is tried once more, alone. When one fails the others are ended;
 * all are waited for.
 */
export async function schedule<T>(jobs: readonly Job<T>[], limits: Limits): Promise<T[]> {
  const { wanted, cores, gauge = memoryGauge() } = limits;
  const results: T[] = [];
  const queue = jobs.map((_, index) => index);
  const running = new Map<number, Running>();
  const alone = new Set<number>();
  let most: Parallelism | undefined;
  let measured: Measured | undefined;
  let finished = 0;
  let failed: { readonly error: unknown } | undefined;

  const plan = (): Parallelism => {
    const left = queue.length + running.size;
    if (most === undefined && wanted !== 'auto') {
      const builds = Math.min(wanted, left);
      return { builds, p: shareOf(cores, builds) };
    }
    const room = gauge();
    const ours = [...running.values()].reduce((sum, { usage }) => sum + usage.total, 0);
    const budget = room === undefined ? Number.POSITIVE_INFINITY : room.free + ours - reserveOf(room);
    // The first shows its largest package only when it is done.
    const known = finished > 0 ? measured : larger(measured, typical, typical.p);
    return planParallelism({ cores, left, budget, measured: known, ...(most === undefined ? {} : { most }) });
  };

  const begin = (job: number, p: number) => {
    const stop = new AbortController();
    const signal = AbortSignal.any([limits.signal, stop.signal]);
    const one: Running = { job, p, stop, kills: oomKills(), usage: nothing, end: settle() };
    running.set(job, one);
    async function settle() {
      await undefined; // the entry is there first
      try {
        const onStart = (pid: number) => {
          one.pid = pid;
          endFirst(pid);
        };
        results[job] = await jobs[job]!.start({ p, signal, onStart, env: alone.has(job) ? { GOGC: '25' } : {} });
        finished++;
      } catch (error) {
        ended(one, error);
      } finally {
        running.delete(job);
      }
    }
  };

  const ended = ({ job, stop, kills }: Running, error: unknown) => {
    const { title } = jobs[job]!;
    if (failed !== undefined) return;
    if (stop.signal.reason === makeWay && !limits.signal.aborted) {
      queue.unshift(job);
      return;
    }
    if (!limits.signal.aborted && wasOutOfMemory(error, kills, oomKills())) {
      if (!alone.has(job)) {
        alone.add(job);
        most = { builds: 1, p: 1 };
        queue.unshift(job);
        log.warning(
          `out of memory: the kernel ended the build of ${title}; it is tried once more, alone and with -p=1`,
        );
        return;
      }
      error = outOfMemory(title, gauge(), measured, error);
    }
    failed = { error };
    queue.length = 0;
    for (const other of running.values()) other.stop.abort(error);
  };

  const watch = () => {
    for (const one of running.values()) {
      if (one.pid === undefined) continue;
      one.usage = usageOf(one.pid);
      measured = larger(measured, { ...one.usage, peak: one.usage.total }, one.p);
    }
    const room = gauge();
    if (wanted !== 'auto' || room === undefined || room.free >= reserveOf(room)) return room;
    const all = [...running.values()];
    const youngest = all.filter(({ usage }) => usage.total > 0).at(-1);
    if (youngest === undefined || all.some(({ stop }) => stop.signal.aborted)) return room;
    if (all.length === 1 && youngest.p === 1) return room;
    most = all.length > 1 ? { builds: all.length - 1, p: youngest.p } : { builds: 1, p: youngest.p >> 1 };
    log.warning(
      `memory is short (${formatSize(room.free)} of ${formatSize(room.limit)} free): ${jobs[youngest.job]!.title} is ended and built again later; from now on ${sentence(most)}`,
    );
    youngest.stop.abort(makeWay);
    return room;
  };

  let timer: NodeJS.Timeout | undefined;
  const tick = () => {
    const room = watch();
    timer = setTimeout(tick, room !== undefined && room.free < room.limit / 2 ? 100 : 250);
  };
  tick();
  try {
    if (jobs.length > 1) log.info(`${jobs.length} builds, ${sentence(plan())} (${cores} cores${roomText(gauge())})`);
    while (queue.length + running.size > 0) {
      for (let { builds, p } = plan(); queue.length > 0 && running.size < builds; ) begin(queue.shift()!, p);
      await Promise.race([...running.values()].map(({ end }) => end));
    }
  } finally {
    clearTimeout(timer);
  }
  if (failed !== undefined) throw (failed as { readonly error: unknown }).error;
  return results;
}

const sentence = ({ builds, p }: Parallelism) => `${builds} at once, each with -p=${p}`;
const roomText = (room: Room | undefined) =>
  room === undefined ? '' : `, ${formatSize(Math.max(0, room.free))} of ${formatSize(room.limit)} memory free`;

/** Both together, as if it were one build: the largest of everything. */
function larger(one: Measured | undefined, other: Omit<Measured, 'p'>, p: number): Measured {
  if (one === undefined) return { ...other, p };
  const peak = other.peak > one.peak ? { peak: other.peak, p } : { peak: one.peak, p: one.p };
  return { go: Math.max(one.go, other.go), tool: Math.max(one.tool, other.tool), ...peak };
}
