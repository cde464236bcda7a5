import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { SlipwayError, wrap } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { outputFolder } from '../../core/record/files.ts';
import { formatTarget } from '../../core/target.ts';
import { BuildLog } from '../build/build-log.ts';
import type { Expected } from '../build/check.ts';
import { type Built, executeBuilds } from '../build/execute.ts';
import type { Go } from '../environment.ts';
import { type Copy, copyTree } from './copy-tree.ts';
import { differencesOf } from './difference.ts';

/**
 * Builds everything again in a copy of the tree, with an empty build cache, another time zone, locale and umask, and
 * compares. The temporary folder is removed whatever happens.
 *
 * @returns the programs that had the same bytes
 * @throws SlipwayError NOT_REPRODUCIBLE for pure Go; with CGO a difference is a warning, since C compilers leave paths
 *   behind (golang/go#77086, #77218)
 */
export async function checkReproducible(
  built: readonly Built[],
  go: Go,
  directory: string,
  expected: Expected,
  signal: AbortSignal,
): Promise<Set<Built>> {
  const folder = await mkdtemp(join(await realpath(process.env['RUNNER_TEMP'] || tmpdir()), 'slipway-again-'));
  try {
    const copy = await copyTree(directory, join(folder, 'tree'), outputFolder, signal);
    log.info(`building again in ${copy.directory}, with an empty cache`);
    const again = await buildAgain(built, go, directory, copy, join(folder, 'cache'), expected, signal);
    const pairs = built.map((one, index) => [one, again[index]!] as const);
    const same = pairs.filter(([one, other]) => one.sha256 === other.sha256);
    const different = pairs.filter(([one, other]) => one.sha256 !== other.sha256);
    const found = await Promise.all(different.map(([one, other]) => explain(one, other, copy)));
    report(found);
    log.info(`${same.length} of ${built.length} programs have the same bytes when they are built again`);
    return new Set(same.map(([one]) => one));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function buildAgain(
  built: readonly Built[],
  go: Go,
  directory: string,
  copy: Copy,
  cache: string,
  expected: Expected,
  signal: AbortSignal,
): Promise<Built[]> {
  const work = go.env['GOWORK'];
  const env = {
    ...go.env,
    GOCACHE: cache,
    GOCACHEPROG: '',
    TZ: 'Asia/Kathmandu',
    LC_ALL: 'C',
    ...(work?.startsWith(copy.from) ? { GOWORK: join(copy.to, relative(copy.from, work)) } : {}),
  };
  const builds = built.map(({ build }, index) => ({
    ...build,
    output: join(copy.directory, outputFolder, `again-${index}`),
  }));
  const mask = process.umask(0o077); // children take it over; nothing else of ours runs meanwhile
  try {
    using buildLog = new BuildLog({ total: builds.length, directory: copy.directory, annotations: false });
    return await executeBuilds(builds, { ...go, env }, copy.directory, expected, 'auto', signal, buildLog);
  } catch (error) {
    signal.throwIfAborted();
    throw wrap('REPRODUCIBLE_CHECK_FAILED', `building again in a copy of ${directory}`, error);
  } finally {
    process.umask(mask);
  }
}

interface Difference {
  readonly title: string;
  readonly where: readonly string[];
  readonly pure: boolean;
}

async function explain(one: Built, other: Built, copy: Copy): Promise<Difference> {
  const [first, second] = await Promise.all([readFile(one.file), readFile(other.build.output)]);
  return {
    title: `${one.build.package.name} ${formatTarget(one.build.target)}`,
    pure: one.build.env['CGO_ENABLED'] !== '1',
    where: differencesOf(
      { bytes: first, buildinfo: one.binary.buildinfo, folder: copy.from },
      { bytes: second, buildinfo: other.binary.buildinfo, folder: copy.to },
    ),
  };
}

function report(found: readonly Difference[]): void {
  for (const { title, where } of found.filter(one => !one.pure))
    log.warning(`${title} has other bytes when it is built again (CGO): ${where.join('; ')}`);
  const pure = found.filter(one => one.pure);
  if (pure.length === 0) return;
  const paths = pure.some(({ where }) => where.some(line => line.startsWith('it holds the path')));
  throw new SlipwayError(
    'NOT_REPRODUCIBLE',
    `built again elsewhere, ${pure.map(({ title, where }) => `${title} has other bytes: ${where.join('; ')}`).join('\n')}`,
    {
      hint: paths
        ? 'Set trimpath: true, and leave absolute paths out of ldflags and of generated code. Nothing was left behind.'
        : 'Look for what changes from build to build: generated code, time stamps, random names. Nothing was left behind.',
    },
  );
}
