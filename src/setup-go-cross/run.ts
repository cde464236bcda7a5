import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import { previousRelease } from '../core/record/previous.ts';
import type { Span } from '../core/summary.ts';
import { canonicalTarget, formatTarget } from '../core/target.ts';
import { build } from './build/build.ts';
import { assertBuildable } from './build/buildmode.ts';
import { askGo, assertKnown } from './build/known-to-go.ts';
import { matrixOf } from './build/matrix.ts';
import { mergeInto } from './build/merge.ts';
import { mergeSummary, toolchainLine } from './build/summary.ts';
import { planCgo } from './cgo/plan.ts';
import { downloadModules } from './download-modules.ts';
import type { definition } from './inputs.ts';
import { problemMatchers } from './problem-matchers.ts';
import { setUp } from './set-up.ts';
import { runTests, testSettings } from './test/run-tests.ts';
import { testSummary } from './test/summary.ts';
import { hostOf } from './toolchain/host.ts';

export type SetupGoCross = Context<(typeof definition)['inputs']>;

/** The story: plan and merge need no Go; setup installs it; build goes on to the binaries and their record. */
export async function run(context: SetupGoCross): Promise<void> {
  const { inputs, output } = context;
  const targets =
    inputs.targets.length > 0 ? inputs.targets : [canonicalTarget(hostOf(process.platform, inputs.architecture))];
  const mode = inputs.mode ?? (inputs.targets.length + inputs.packages.length > 0 ? 'build' : 'setup');

  for (const { machines, ...target } of inputs.targets)
    if (machines !== undefined) log.info(`${machines.join(', ')}: ${formatTarget(target)}`);
  if (mode === 'plan' || mode === 'build') assertBuildable(targets, inputs.buildmode, inputs.cgo !== 'off');

  if (mode === 'plan') {
    const list = await askGo(context.directory, context.signal);
    if (list !== undefined) assertKnown(targets, list);
    const matrix = JSON.stringify(matrixOf(targets, inputs));
    log.info(matrix);
    return output('matrix', matrix);
  }
  if (mode === 'merge') {
    const previous = await previousRelease(inputs['previous-release'], context.directory);
    const { file, record } = await mergeInto(context.directory, context.record, inputs.targets, context.signal);
    output('binaries', JSON.stringify(record.binaries));
    output('archives', JSON.stringify(record.archives ?? []));
    await context.summary(mergeSummary(record, previous));
    return output('release', file);
  }

  using _matchers = problemMatchers(inputs['problem-matchers']);
  const spans: Span[] = [];
  const cgo = mode === 'build' ? await planCgo(inputs, targets, hostOf(), process.env, context.signal) : undefined;
  const ready = await setUp(context, targets, spans, cgo);
  output('go-version', ready.go.version);
  output('cache-hit', String(ready.cacheHit));
  if (mode === 'setup') {
    if (inputs['private-token'] !== undefined) await downloadModules(ready.go, context.directory, context.signal);
    const tests = inputs.test ? await runTests(testSettings(context, ready.go, spans)) : [];
    const parts = [`Toolchain: ${toolchainLine(ready.toolchain)}`, ...(tests.length === 0 ? [] : [testSummary(tests)])];
    return context.summary(parts.join('\n\n'));
  }
  await build(context, targets, ready, spans, cgo);
}
