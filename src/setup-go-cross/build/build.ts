import { availableParallelism } from 'node:os';
import { join, relative, sep } from 'node:path';
import { log } from '../../core/log.ts';
import { outputFolder } from '../../core/record/files.ts';
import { previousRelease } from '../../core/record/previous.ts';
import type { Span } from '../../core/summary.ts';
import { explainC } from '../cgo/explain.ts';
import { tagsOf } from '../cgo/own-compiler.ts';
import type { CgoPlans } from '../cgo/plan.ts';
import { archiveFiles } from '../outputs/archive-files.ts';
import { findEmbedded } from '../outputs/embedded.ts';
import { leaveBehind, nothingLeft, pathsBeside } from '../outputs/leave-behind.ts';
import { annotate, problemsOf } from '../problems.ts';
import type { SetupGoCross } from '../run.ts';
import type { Ready } from '../set-up.ts';
import type { WantedTarget } from '../targets-value.ts';
import { runTests, testSettings } from '../test/run-tests.ts';
import { BuildLog } from './build-log.ts';
import { allByHand } from './by-hand.ts';
import { collectorSettings } from './collector.ts';
import { excludeFromGit } from './exclude.ts';
import { executeBuilds } from './execute.ts';
import { mainPackages } from './main-packages.ts';
import { findProfiles, warnOfLarge, warnOfSlow } from './pgo.ts';
import { assertOutputs } from './place-outputs.ts';
import { planBuilds } from './plan.ts';
import { recordFile, recordOf, writeRecord } from './record.ts';
import { buildSummary } from './summary.ts';
import { versionOf } from './version.ts';

/** From a ready Go to binaries that are as planned, with their record. */
export async function build(
  context: SetupGoCross,
  targets: readonly WantedTarget[],
  ready: Ready,
  spans: Span[],
  cgo?: CgoPlans,
): Promise<void> {
  const { inputs, directory, signal, output } = context;
  const { go, toolchain } = ready;
  // With tags of ours on the command line those of GOFLAGS would no longer count.
  const tags = inputs.tags.join(',') || (cgo ? tagsOf(go.settings.GOFLAGS) : '');
  const annotations = inputs['problem-matchers'];
  const patterns = inputs.packages.length > 0 ? inputs.packages : ['.'];
  const env = { ...go.env, CGO_ENABLED: cgo ? '1' : '0' };
  const previous = await previousRelease(inputs['previous-release'], directory);
  const listing = mainPackages({ go, patterns, tags, env, directory, signal }, targets).catch(async error => {
    if (annotations) annotate(problemsOf(error, directory, 'go list'));
    throw await explainC(error, { go, env, directory, packages: patterns, flags: [`-tags=${tags}`] }, signal);
  });
  const excluding = excludeFromGit(directory, [join(directory, outputFolder) + sep], signal);
  const versioning = excluding.then(() => versionOf(context, listing));
  versioning.catch(() => undefined); // what is wrong with the packages is told first
  const packages = await listing;
  const release = await versioning;
  const builds = planBuilds(packages, targets, {
    directory,
    output: inputs.output,
    ldflags: inputs.ldflags,
    stamp: inputs.version,
    tags,
    trimpath: inputs.trimpath,
    buildmode: inputs.buildmode,
    cgo,
    version: release.version,
    commit: release.commit ?? '',
  });
  const settings = {
    release,
    sbom: inputs.sbom,
    archives: inputs.archives,
    archiveFiles: inputs.archives.length === 0 ? [] : await archiveFiles(inputs['archive-files'], directory),
  };
  await assertOutputs(builds, join(directory, outputFolder));
  const paths = [...builds.map(one => one.output), ...pathsBeside(builds, settings)];
  const elsewhere = paths.filter(path => !path.startsWith(join(directory, outputFolder) + sep));
  await excludeFromGit(directory, elsewhere, signal);
  const tests = inputs.test ? await runTests(testSettings(context, go, spans)) : undefined;
  const profiles = await findProfiles(packages, go);
  warnOfLarge(profiles);

  const expected = {
    goVersion: go.version,
    trimpath: inputs.trimpath,
    commit: release.commit ?? '',
    modified: release.changes.length > 0,
  };
  const embedded = findEmbedded(builds, go, directory, signal);
  embedded.catch(() => undefined); // awaited when everything is built: an error of the build says more
  const eager = collectorSettings(process.availableMemory(), availableParallelism(), go.env);
  const builder = { ...go, env: { ...go.env, ...eager } };
  let left = nothingLeft;
  using buildLog = new BuildLog({ total: builds.length, directory, annotations });
  const built = await executeBuilds(
    builds,
    builder,
    directory,
    expected,
    inputs.parallelism,
    signal,
    buildLog,
    async (done, folder) => {
      left = await leaveBehind(done, folder, { context, ready, expected, settings, embedded });
      return left.moves;
    },
  );
  warnOfSlow(profiles, built);
  const record = { ...recordOf(built, release, toolchain, left), ...(tests === undefined ? {} : { tests }) };
  const { file } = await writeRecord(recordFile(directory, built), record, context.record);
  output('release', file);
  output('binaries', JSON.stringify(record.binaries));
  output('archives', JSON.stringify(record.archives ?? []));
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
