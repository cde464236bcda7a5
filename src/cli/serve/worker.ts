import { deadline, sleep } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { formatDuration } from '../../core/units.ts';
import { exitCodes } from '../exit-codes.ts';
import { patience, type StartOptions } from '../service/start-slipway.ts';
import { lives, type Process } from '../service/who-lives.ts';
import { type Job, lastBegun, nextOf } from './job.ts';
import type { Queue } from './queue.ts';
import type { Source } from './source.ts';
import { isWanted, nameOf, type Wanted } from './wanted.ts';

/** What a worker does its work with. */
export interface Tools {
  readonly queue: Queue;
  readonly source: Source;
  readonly wanted: Wanted;
  /** Milliseconds that a release may take; then it is interrupted, so that the old release or the new one serves. */
  readonly timeout: number;
  /** Starts a release. @returns its exit code */
  readonly release: (job: Job, options: Omit<StartOptions, 'env'>) => Promise<number>;
  /** A release of ours that runs, whoever started it. */
  readonly runs: () => Promise<Process | undefined>;
}

/** Milliseconds between two looks at a release of a server that is gone, and two tries to write. */
const [look, again] = [200, 5000];
/** What is wrong with the push itself. */
const refusals = ['COMMIT_MISSING', 'OUTPUT_LINKED'];

/** Releases what waits, one push after the other. */
export class Worker {
  readonly #queue: Queue;
  readonly #source: Source;
  readonly #tools: Tools;
  readonly #signal: AbortSignal;
  #wake: () => void = () => {};

  constructor(tools: Tools, signal: AbortSignal) {
    this.#tools = tools;
    this.#queue = tools.queue;
    this.#source = tools.source;
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

  /** One release at a time, also when the server that began it is gone, and had no time to write down which it is. */
  async #takeBack(job: Job): Promise<void> {
    const { process: noted, ...rest } = job;
    const left = noted ?? (await this.#tools.runs());
    if (left !== undefined && (await lives(left))) {
      log.info(`${job.id}: the release that was under way goes on as process ${left.pid}; it is waited for`);
      const end = Date.parse(job.begun ?? new Date().toISOString()) + this.#tools.timeout;
      let asked: number | undefined;
      for (; !this.#signal.aborted && (await lives(left)); await this.#pause(look)) {
        if (Date.now() < end) continue;
        if (asked === undefined) log.warning(`${job.id}: ${this.#late()}`);
        asked ??= signalTo(left, 'SIGINT');
        if (Date.now() > asked + patience) signalTo(left, 'SIGKILL');
      }
    }
    if (!this.#signal.aborted) await this.#note({ ...rest, state: 'waiting' });
  }

  async #do(accepted: Job): Promise<void> {
    const { wanted } = this.#tools;
    log.info(`${accepted.id}: ${nameOf(accepted)} ${accepted.commit}`);
    try {
      if (!isWanted(accepted, wanted))
        return await this.#end(accepted, 'refused', { why: `${nameOf(accepted)} is not released any more` });
      const { head, commit } = await this.#source.fetch(accepted, wanted.branches, this.#signal);
      const job = { ...accepted, commit: this.#isFirst(accepted) ? (head ?? commit) : commit };
      if (job.commit !== commit) log.info(`${job.id}: the first of ${nameOf(job)}, which has ${job.commit} now`);
      const older = await this.#isOlder(job, head);
      if (older !== undefined) return await this.#end(job, 'superseded', { why: older });
      await this.#source.checkOut(job.commit, this.#signal);
      await this.#supersede(job);
      const running: Job = { ...job, state: 'running', begun: new Date().toISOString() };
      await this.#note(running);
      using limited = deadline(this.#tools.timeout, 'the release', this.#signal);
      const code = await this.#tools.release(job, {
        log: this.#queue.logOf(job.id),
        signal: limited,
        onStart: process => this.#note({ ...running, process }),
      });
      if (this.#signal.aborted && code !== exitCodes.done) return await this.#note({ ...job, state: 'waiting' });
      const isLate = limited.aborted && code !== exitCodes.done;
      await this.#end(running, stateOf(code), { code, ...(isLate ? { why: this.#late() } : {}) });
    } catch (error) {
      if (this.#signal.aborted) return;
      const refused = error instanceof SlipwayError && refusals.includes(error.code);
      await this.#end(accepted, refused ? 'refused' : 'failed', { why: messageOf(error) });
    }
  }

  /** Who remembers nothing must not take an old push that is sent again for a new one: the head of the branch is newer. */
  #isFirst(job: Job): boolean {
    return lastBegun(this.#queue.jobs, job.branch, job) === undefined;
  }

  /** Why a push is not released: something newer of its branch was, or a tag after it. */
  async #isOlder(job: Job, head: string | undefined): Promise<string | undefined> {
    const last = lastBegun(this.#queue.jobs, job.branch, job);
    if (last === undefined) return undefined;
    // two tags of one commit are two versions
    if (last.commit === job.commit) return last.tag === job.tag ? `${last.id} is the same commit` : undefined;
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
    await this.#note({ ...job, ...more, state, ended: new Date().toISOString() });
    log.info(`${job.id}: ${state}${more.why === undefined ? '' : `: ${more.why}`}`);
  }

  /**
   * Writes down how a push stands. A disk that is full is waited for: what became of a release is known here only. Whoever
   * ends the server meanwhile leaves the push as it stands in its file, and it is done again.
   */
  async #note(job: Job): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#queue.update(job);
      } catch (error) {
        if (tries === 0) log.warning(`${job.id}: "${job.state}" cannot be written down: ${messageOf(error)}`);
        if (this.#signal.aborted) return;
        await this.#pause(again);
      }
    }
  }

  #late(): string {
    return `it took longer than ${formatDuration(this.#tools.timeout)}, the timeout of a release, and was interrupted`;
  }

  /** Ended early by the end of the server. */
  #pause(ms: number): Promise<void> {
    return sleep(ms, this.#signal).catch(() => undefined);
  }
}

/** It may have ended meanwhile. @returns the time */
function signalTo({ pid }: Process, signal: NodeJS.Signals): number {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  return Date.now();
}

function stateOf(code: number): Job['state'] {
  if (code === exitCodes.done) return 'released';
  if (code === exitCodes.rolledBack) return 'rolled-back';
  return code === exitCodes.inconclusive ? 'inconclusive' : 'failed';
}
