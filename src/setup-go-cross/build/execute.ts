import { copyFile, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readGoBinary } from '../../core/binary/index.ts';
import { sha256File } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import { run } from '../../core/process.ts';
import { outputFolder } from '../../core/record/files.ts';
import type { Span } from '../../core/summary.ts';
import { formatTarget } from '../../core/target.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import type { Go } from '../environment.ts';
import { helperMark } from '../roles.ts';
import type { BuildLog, Transcript } from './build-log.ts';
import { byHand } from './by-hand.ts';
import { assertAsPlanned, type Expected } from './check.ts';
import { explainGo } from './packages.ts';
import { usableCores } from './parallelism/machine.ts';
import { type Start, schedule } from './parallelism/schedule.ts';
import type { Build } from './plan.ts';

/** A program that was built, read back and found to be as planned. */
export interface Built {
  readonly build: Build;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  readonly span: Span;
  /** Packages that had to be compiled; the others came from the build cache. */
  readonly compiled: number;
}

const buildWithin = 60 * 60_000;

/**
 * Builds everything, as many at a time as the machine has room for, under temporary names; only when every program is
 * there and as planned do they get their own names. When one fails the others are ended and nothing is left.
 */
export async function executeBuilds(
  builds: readonly Build[],
  go: Go,
  directory: string,
  expected: Expected,
  parallelism: 'auto' | number,
  signal: AbortSignal,
  buildLog: BuildLog,
): Promise<Built[]> {
  const folder = join(directory, outputFolder);
  await mkdir(folder, { recursive: true });
  const temporary = await mkdtemp(join(folder, 'building-'));
  const jobs = builds.map((build, index) => ({
    title: titleOf(build),
    start: (how: Start) =>
      buildOne(build, join(temporary, String(index)), { ...how, go, directory, expected, buildLog }),
  }));
  try {
    const built = await schedule(jobs, { wanted: parallelism, cores: usableCores(), signal });
    for (const [index, { build }] of built.entries()) await move(join(temporary, String(index)), build.output);
    return built;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

interface Job extends Start {
  readonly go: Go;
  readonly directory: string;
  readonly expected: Expected;
  readonly buildLog: BuildLog;
}

const titleOf = (build: Build) => `${build.package.name} ${formatTarget(build.target)}`;

async function buildOne(build: Build, temporary: string, job: Job): Promise<Built> {
  job.signal.throwIfAborted();
  const transcript = job.buildLog.begin(titleOf(build), byHand(build, job.go, job.directory));
  try {
    return await makeOne(build, temporary, job, transcript);
  } catch (error) {
    job.buildLog.failed(transcript, job.signal.aborted);
    throw error;
  }
}

async function makeOne(build: Build, temporary: string, job: Job, transcript: Transcript): Promise<Built> {
  const start = Date.now();
  const { title } = transcript;
  await run([job.go.program, 'build', '-v', `-p=${job.p}`, ...build.flags, '-o', temporary, build.package.path], {
    cwd: job.directory,
    env: { ...job.go.env, ...build.env, ...job.env },
    timeout: buildWithin,
    signal: job.signal,
    onStart: job.onStart,
    onLine: line => {
      if (line.startsWith(helperMark)) log.warning(line.slice(helperMark.length));
      else transcript.add(line);
    },
  }).catch(error => {
    throw explainGo(transcript.cleaned(error), `building ${title}`);
  });
  const binary = await readGoBinary(temporary);
  assertAsPlanned(build, binary, job.expected);
  const [{ size }, sha256] = await Promise.all([stat(temporary), sha256File(temporary, job.signal)]);
  const end = Date.now();
  job.buildLog.finished(transcript, `${formatSize(size)} in ${formatDuration(end - start)}`, `sha256 ${sha256}`);
  return { build, size, sha256, span: { name: title, start, end }, compiled: transcript.compiled };
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
