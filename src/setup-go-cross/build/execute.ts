import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type GoBinary, readGoBinary } from '../../core/binary/index.ts';
import { sha256File } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import { outputFolder } from '../../core/record/files.ts';
import type { Span } from '../../core/summary.ts';
import { formatTarget } from '../../core/target.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import { explainC } from '../cgo/explain.ts';
import { assertLinkage } from '../cgo/linkage.ts';
import { staticWarning, stubWarning } from '../cgo/warnings.ts';
import type { Go } from '../environment.ts';
import { runGo } from '../go-command.ts';
import { helperMark } from '../roles.ts';
import { removeAbandoned, temporaryFolder } from '../temporary.ts';
import type { BuildLog, Transcript } from './build-log.ts';
import { byHand } from './by-hand.ts';
import { assertAsPlanned, type Expected } from './check.ts';
import { explainGo } from './explain-go.ts';
import { usableCores } from './parallelism/machine.ts';
import { type Start, schedule } from './parallelism/schedule.ts';
import { placeOutputs } from './place-outputs.ts';
import type { Build } from './plan.ts';
import { recordFile } from './record.ts';

/** A program that was built, read back and found to be as planned. */
export interface Built {
  readonly build: Build;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  readonly span: Span;
  /** Where it is until it gets its own name. */
  readonly file: string;
  /** What it says of itself. */
  readonly binary: GoBinary;
  /** Packages that had to be compiled; the others came from the build cache. */
  readonly compiled: number;
}

/** A finished file, and the name that it gets when all are finished. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** Makes what belongs to the programs, in the folder where they are until all is done. */
export type Complete = (built: readonly Built[], folder: string) => Promise<readonly Move[]>;

const buildWithin = 60 * 60_000;

/**
 * Builds everything, as many at a time as the machine has room for, under temporary names; only when every program is there and
 * as planned, and what `complete` makes of them too, do they get their own names. When one fails the others are ended
 * and nothing is left.
 */
export async function executeBuilds(
  builds: readonly Build[],
  go: Go,
  directory: string,
  expected: Expected,
  parallelism: 'auto' | number,
  signal: AbortSignal,
  buildLog: BuildLog,
  complete: Complete = async () => [],
): Promise<Built[]> {
  const folder = join(directory, outputFolder);
  await mkdir(folder, { recursive: true });
  const temporary = await temporaryFolder(folder, 'building-');
  await removeAbandoned(folder, name => name.endsWith('.part'));
  const jobs = builds.map((build, index) => ({
    title: titleOf(build),
    start: (how: Start) =>
      buildOne(build, join(temporary, String(index)), { ...how, go, directory, expected, buildLog }),
  }));
  try {
    const built = await schedule(jobs, { wanted: parallelism, cores: usableCores(), signal });
    const more = await complete(built, temporary);
    const programs = built.flatMap(({ file, build }) => [
      { from: file, to: build.output },
      ...(build.header === undefined ? [] : [{ from: `${file}.h`, to: build.header }]),
    ]);
    const stale = [recordFile(directory, built), join(folder, 'SHA256SUMS')];
    await placeOutputs([...programs, ...more], stale);
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
  const env = { ...job.go.env, ...build.env, ...job.env };
  await runGo(job.go, ['build', '-v', `-p=${job.p}`, ...build.flags, '-o', temporary, build.package.path], {
    cwd: job.directory,
    env,
    timeout: buildWithin,
    signal: job.signal,
    onStart: job.onStart,
    onLine: line => {
      if (line.startsWith(helperMark)) log.warning(line.slice(helperMark.length));
      else transcript.add(line);
    },
  }).catch(async error => {
    const explained = explainGo(transcript.cleaned(error), `building ${title}`, job.go, job.directory);
    const { go, directory } = job;
    throw await explainC(explained, { ...build, go, directory, env, packages: [build.package.path] }, job.signal);
  });
  const binary = await readGoBinary(temporary);
  assertAsPlanned(build, binary, job.expected);
  if (build.cgo) await assertLinkage(build.package.name, build.target, build.cgo, temporary);
  const warning = build.cgo ? staticWarning(title, transcript.lines.join('\n')) : stubWarning(title, binary.buildinfo);
  if (warning !== undefined) log.warning(warning);
  const [{ size }, sha256] = await Promise.all([stat(temporary), sha256File(temporary, job.signal)]);
  const end = Date.now();
  job.buildLog.finished(transcript, `${formatSize(size)} in ${formatDuration(end - start)}`, `sha256 ${sha256}`);
  const span = { name: title, start, end };
  return { build, size, sha256, span, compiled: transcript.compiled, file: temporary, binary };
}
