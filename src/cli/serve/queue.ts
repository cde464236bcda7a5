import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../../core/errors.ts';
import { sha256, writeDurable } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import { hasEnded, Job, lastBegun } from './job.ts';
import type { Push, Refused } from './push.ts';

/** Pushes that are remembered, so that none is taken twice; and how many may wait. */
const [remembered, mostWaiting] = [1000, 100];

/**
 * Pushes that were accepted: a file each, `ID.json`, written whole and synced before anybody is told. The files are the
 * truth; what is in memory is what they say.
 */
export class Queue {
  readonly folder: string;
  readonly #jobs: Map<string, Job>;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, jobs: readonly Job[]) {
    this.folder = folder;
    this.#jobs = new Map(jobs.map(job => [job.id, job]));
  }

  /** Opens a folder for the one process that writes there. What a killed write left is swept away. */
  static async open(folder: string): Promise<Queue> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const left = (await readdir(folder)).filter(name => name.endsWith('.part'));
    for (const name of left) await rm(join(folder, name), { force: true });
    return Queue.read(folder);
  }

  /** Only to look. A file that cannot be read is passed over aloud. */
  static async read(folder: string): Promise<Queue> {
    const names = (await readdir(folder)).filter(name => name.endsWith('.json'));
    return new Queue(folder, (await Promise.all(names.map(name => readJob(join(folder, name))))).flat());
  }

  /** As they came. */
  get jobs(): readonly Job[] {
    return [...this.#jobs.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Takes a push, one at a time: of two that are the same the second is a replay. */
  accept(push: Push, body: Buffer, now = new Date()): Promise<Job | Refused> {
    return this.#inTurn(async () => {
      const digest = sha256(body);
      const known = this.jobs.find(job => job.digest === digest || job.delivery === push.delivery);
      if (known !== undefined) return { status: 409, why: `it was accepted before, as ${known.id}` };
      if (this.jobs.filter(({ state }) => state === 'waiting').length >= mostWaiting)
        return { status: 503, why: `${mostWaiting} pushes wait already` };
      const last = this.jobs.at(-1)?.received;
      // no two are the same, also where the clock was set back: their order is the order of the pushes
      const received = new Date(Math.max(now.getTime(), last === undefined ? 0 : Date.parse(last) + 1)).toISOString();
      const id = `${received.replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
      const job: Job = { schema: 'slipway.push/v1', id, ...push, digest, received, state: 'waiting' };
      await this.#write(job);
      return job;
    });
  }

  /** Writes down how a push stands. */
  update(job: Job): Promise<void> {
    return this.#inTurn(async () => {
      await this.#write(job);
      await this.#forget();
    });
  }

  async #write(job: Job): Promise<void> {
    await writeDurable(join(this.folder, `${job.id}.json`), `${JSON.stringify(job, undefined, 2)}\n`);
    this.#jobs.set(job.id, job);
  }

  /** The oldest that have ended go; what was begun last on a branch stays, as it says what is older. */
  async #forget(): Promise<void> {
    const { jobs } = this;
    const ended = jobs.filter(job => hasEnded(job) && lastBegun(jobs, job.branch)?.id !== job.id);
    for (const { id } of ended.slice(0, Math.max(0, jobs.length - remembered))) {
      await rm(join(this.folder, `${id}.json`), { force: true });
      await rm(this.logOf(id), { force: true });
      this.#jobs.delete(id);
    }
  }

  /** The file that gets what the release of a push says. */
  logOf(id: string): string {
    return join(this.folder, `${id}.log`);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(task);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

async function readJob(file: string): Promise<Job[]> {
  try {
    return [v.parse(Job, JSON.parse(await readFile(file, 'utf8')))];
  } catch (error) {
    log.warning(`${file} is passed over: ${messageOf(error)}`);
    return [];
  }
}
