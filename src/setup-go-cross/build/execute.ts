import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import pMap from 'p-map';
import { readGoBinary } from '../../core/binary/index.ts';
import { sha256File } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import { run } from '../../core/process.ts';
import { outputFolder } from '../../core/record/files.ts';
import type { Span } from '../../core/summary.ts';
import { formatTarget } from '../../core/target.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import type { Go } from '../environment.ts';
import { assertAsPlanned, type Expected } from './check.ts';
import { explainGo } from './packages.ts';
import { type Build, commandLine } from './plan.ts';

/** A program that was built, read back and found to be as planned. */
export interface Built {
  readonly build: Build;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  readonly span: Span;
}

const buildWithin = 60 * 60_000;

/**
 * Builds everything, as many at a time as there are cores, under temporary names; only when every program is there and
 * as planned do they get their own names. When one fails the others are ended and nothing is left.
 */
export async function executeBuilds(
  builds: readonly Build[],
  go: Go,
  directory: string,
  expected: Expected,
  signal: AbortSignal,
): Promise<Built[]> {
  const folder = join(directory, outputFolder);
  await mkdir(folder, { recursive: true });
  const temporary = await mkdtemp(join(folder, 'building-'));
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const jobs = Math.max(1, Math.min(builds.length, availableParallelism()));
  let first: unknown;
  try {
    // All are waited for, also after a failure: only then is nobody left who writes into the folder.
    const built = await pMap(
      builds,
      (build, index) =>
        buildOne(build, join(temporary, String(index)), { go, directory, expected, signal: both, jobs }).catch(
          error => {
            first ??= error;
            stop.abort(error);
            throw error;
          },
        ),
      { concurrency: jobs, stopOnError: false },
    ).catch(error => {
      throw first ?? error;
    });
    for (const [index, { build }] of built.entries()) {
      await move(join(temporary, String(index)), build.output);
      if (build.header !== undefined) await move(join(temporary, `${index}.h`), build.header);
    }
    return built;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

interface Job {
  readonly go: Go;
  readonly directory: string;
  readonly expected: Expected;
  readonly signal: AbortSignal;
  readonly jobs: number;
}

async function buildOne(build: Build, temporary: string, job: Job): Promise<Built> {
  job.signal.throwIfAborted();
  const start = Date.now();
  const title = `${build.package.name} ${formatTarget(build.target)}`;
  log.info(commandLine(build, relative(job.directory, build.output)));
  // Half as much again as its share: linking uses one core only, and others may take over.
  const share = Math.max(2, Math.ceil((1.5 * availableParallelism()) / job.jobs));
  await run([job.go.program, 'build', `-p=${share}`, ...build.flags, '-o', temporary, build.package.path], {
    cwd: job.directory,
    env: { ...job.go.env, ...build.env },
    timeout: buildWithin,
    signal: job.signal,
  }).catch(error => {
    throw explainGo(error, `building ${title}`);
  });
  const binary = await readGoBinary(temporary);
  assertAsPlanned(build, binary, job.expected);
  const [{ size }, sha256] = await Promise.all([stat(temporary), sha256File(temporary, job.signal)]);
  const end = Date.now();
  log.info(`${title}: ${formatSize(size)} in ${formatDuration(end - start)}, sha256 ${sha256}`);
  return { build, size, sha256, span: { name: title, start, end } };
}

/** A rename, or where the output lies on another file system a copy that is renamed there. */
async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, `${to}.part`);
    await rename(`${to}.part`, to);
  }
}
