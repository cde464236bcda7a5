import { join, relative, sep } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { outputFolder } from '../../core/record/files.ts';
import type { Span } from '../../core/summary.ts';
import { goEnvironment, type Target, withVariant } from '../../core/target.ts';
import { type Release, releaseVersion } from '../../core/version.ts';
import { annotate, problemsOf } from '../problems.ts';
import type { SetupGoCross } from '../run.ts';
import type { Ready } from '../set-up.ts';
import { runTests } from '../test/run-tests.ts';
import { BuildLog } from './build-log.ts';
import { allByHand } from './by-hand.ts';
import { excludeFromGit } from './exclude.ts';
import { executeBuilds } from './execute.ts';
import { findMainPackages } from './packages.ts';
import { findProfiles, warnOfLarge, warnOfSlow } from './pgo.ts';
import { planBuilds } from './plan.ts';
import { previousRelease } from './previous.ts';
import { recordFile, recordOf, writeRecord } from './record.ts';
import { buildSummary } from './summary.ts';

/** From a ready Go to binaries that are as planned, with their record. */
export async function build(
  context: SetupGoCross,
  targets: readonly Target[],
  ready: Ready,
  spans: Span[],
): Promise<void> {
  const { inputs, directory, signal, output } = context;
  const { go, toolchain } = ready;
  const tags = inputs.tags.join(',');
  const annotations = inputs['problem-matchers'];
  const patterns = inputs.packages.length > 0 ? inputs.packages : ['.'];
  const env = { ...go.env, CGO_ENABLED: '0', ...goEnvironment(withVariant(targets[0]!)) };
  const previous = await previousRelease(inputs['previous-release'], directory);
  const packages = await findMainPackages(go, patterns, tags, env, directory, signal).catch(error => {
    if (annotations) annotate(problemsOf(error, directory, 'go list'));
    throw error;
  });

  await excludeFromGit(directory, [join(directory, outputFolder) + sep], signal);
  const release = await versionOf(context, packages[0]!.module);
  const builds = planBuilds(packages, targets, {
    directory,
    output: inputs.output,
    ldflags: inputs.ldflags,
    stamp: inputs.version,
    tags,
    trimpath: inputs.trimpath,
    version: release.version,
    commit: release.commit ?? '',
  });
  const elsewhere = builds.map(one => one.output).filter(path => !path.startsWith(join(directory, outputFolder) + sep));
  await excludeFromGit(directory, elsewhere, signal);
  const tests = inputs.test ? await runTests({ ...context, go, tags, annotations }) : undefined;
  const profiles = await findProfiles(packages, go);
  warnOfLarge(profiles);

  const expected = {
    goVersion: go.version,
    trimpath: inputs.trimpath,
    commit: release.commit ?? '',
    modified: release.changes.length > 0,
  };
  using buildLog = new BuildLog({ total: builds.length, directory, annotations });
  const built = await executeBuilds(builds, go, directory, expected, inputs.parallelism, signal, buildLog);
  warnOfSlow(profiles, built);
  const record = { ...recordOf(built, release, toolchain), ...(tests === undefined ? {} : { tests }) };
  const { file } = await writeRecord(recordFile(directory, built), record, context.record);
  output('release', file);
  output('binaries', JSON.stringify(record.binaries));
  log.info(`${record.name} ${record.version}: ${built.length} binaries, record ${file}`);
  await context.summary(
    buildSummary({
      toolchain,
      cacheHit: ready.cacheHit,
      built,
      release: record,
      previous,
      spans: [...spans, ...built.map(({ span }) => span)],
      lines: allByHand(builds, go, directory),
      place: placeOf(directory),
    }),
  );
}

/** The working directory from the top of the checkout, for the reader's own clone. */
function placeOf(directory: string): string {
  const path = relative(process.env['GITHUB_WORKSPACE'] || directory, directory);
  return path.startsWith('..') ? '' : path;
}

/** A named version stands for a commit: with changes in the tree it would name something else. */
async function versionOf({ inputs, directory, signal }: SetupGoCross, module: string): Promise<Release> {
  const runTag = process.env['GITHUB_REF_TYPE'] === 'tag' ? process.env['GITHUB_REF_NAME'] : undefined;
  const release = await releaseVersion({
    directory,
    module,
    signal,
    version: inputs.version,
    ...(runTag === undefined ? {} : { runTag }),
  });
  if (release.missing !== undefined) {
    log.warning(
      `${directory}: ${reasons[release.missing]}; the record has no commit${release.source === 'none' ? ' and no version' : ''}`,
    );
  }
  if (release.changes.length === 0) return release;
  const shown = `${release.changes.slice(0, 5).join(', ')}${release.changes.length > 5 ? ', …' : ''}`;
  if (release.source === 'pseudo-version') {
    log.warning(`the working tree has changes (${shown}): the binaries do not come from the commit alone`);
    return release;
  }
  throw new SlipwayError(
    'TREE_DIRTY',
    `the version ${release.version} (${release.source}) names a commit, but the working tree has changes: ${shown}`,
    {
      hint: 'Commit them, put generated files into .gitignore, or leave version empty. Nothing was built.',
    },
  );
}

const reasons = {
  'no-git': 'there is no git program',
  'no-repository': 'it is not in a git repository',
  'no-commit': 'the repository has no commit',
};
