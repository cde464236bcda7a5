import { setTimeout as wait } from 'node:timers/promises';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { exitCodes } from '../exit-codes.ts';
import { lives, type Process } from '../service/who-lives.ts';
import { type Job, lastBegun, nextOf } from './job.ts';
import type { Queue } from './queue.ts';
import type { Source } from './source.ts';

/** Starts a release. @returns its exit code */
export type Release = (log: string, onStart: (process: Process) => Promise<void>) => Promise<number>;

/** Releases what waits, one push after the other. */
export class Worker {
  readonly #queue: Queue;
  readonly #source: Source;
  readonly #release: Release;
  readonly #signal: AbortSignal;
  #wake: () => void = () => {};

  constructor(queue: Queue, source: Source, release: Release, signal: AbortSignal) {
    this.#queue = queue;
    this.#source = source;
    this.#release = release;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** There is something new. */
  wake(): void {
    this.#wake();
  }

  /** Until it is cancelled. What a killed server left under way waits again, once its release has ended. */
  async run(): Promise<void> {
    for (const job of this.#queue.jobs.filter(({ state }) => state === 'running')) await this.#takeBack(job);
    while (!this.#signal.aborted) {
      const { promise: woken, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const job = nextOf(this.#queue.jobs);
      if (job === undefined) await woken;
      else await this.#do(job);
    }
  }

  /** One release at a time, also when the server that began it is gone. */
  async #takeBack(job: Job): Promise<void> {
    const { process: left, ...rest } = job;
    if (left !== undefined && (await lives(left))) {
      log.info(`${job.id}: the release that was under way goes on as process ${left.pid}; it is waited for`);
      while (!this.#signal.aborted && (await lives(left))) await wait(200);
    }
    if (!this.#signal.aborted) await this.#queue.update({ ...rest, state: 'waiting' });
  }

  async #do(job: Job): Promise<void> {
    log.info(`${job.id}: ${job.branch} ${job.commit}`);
    try {
      const older = await this.#isOlder(job);
      if (older !== undefined) return await this.#end(job, 'superseded', { why: older });
      await this.#source.checkOut(job.commit, this.#signal);
      await this.#supersede(job);
      const running: Job = { ...job, state: 'running', begun: new Date().toISOString() };
      await this.#queue.update(running);
      const code = await this.#release(this.#queue.logOf(job.id), process =>
        this.#queue.update({ ...running, process }),
      );
      if (this.#signal.aborted && code !== exitCodes.done)
        return await this.#queue.update({ ...job, state: 'waiting' });
      await this.#end(running, stateOf(code), { code });
    } catch (error) {
      if (this.#signal.aborted) return;
      const refused = error instanceof SlipwayError && error.code === 'COMMIT_MISSING';
      await this.#end(job, refused ? 'refused' : 'failed', { why: messageOf(error) });
    }
  }

  /** Why a push is not released: something newer of its branch was. */
  async #isOlder(job: Job): Promise<string | undefined> {
    const head = await this.#source.fetch(job.branch, job.commit, this.#signal);
    const last = lastBegun(this.#queue.jobs, job.branch, job);
    if (last === undefined) return undefined;
    if (last.commit === job.commit) return `${last.id} is the same commit`;
    // a branch that was set back has an older head, and that is what is wanted there
    const isOlder = head !== job.commit && (await this.#source.contains(last.commit, job.commit, this.#signal));
    return isOlder ? `${last.id} has it and more` : undefined;
  }

  /** Pushes that wait and are part of this one need no release of their own. */
  async #supersede(by: Job): Promise<void> {
    const waiting = this.#queue.jobs.filter(one => one.state === 'waiting' && one.branch === by.branch);
    for (const job of waiting)
      if (job.id !== by.id && (await this.#source.contains(by.commit, job.commit, this.#signal)))
        await this.#end(job, 'superseded', { why: `${by.id} has it and more` });
  }

  async #end({ process: _, ...job }: Job, state: Job['state'], more: Pick<Job, 'code' | 'why'>): Promise<void> {
    await this.#queue.update({ ...job, ...more, state, ended: new Date().toISOString() });
    log.info(`${job.id}: ${state}${more.why === undefined ? '' : `: ${more.why}`}`);
  }
}

function stateOf(code: number): Job['state'] {
  if (code === exitCodes.done) return 'released';
  if (code === exitCodes.rolledBack) return 'rolled-back';
  return code === exitCodes.inconclusive ? 'inconclusive' : 'failed';
}
