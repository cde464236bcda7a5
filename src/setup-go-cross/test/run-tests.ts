import type { TestRun } from '../../core/record/schema.ts';
import type { Span } from '../../core/summary.ts';
import type { Go } from '../environment.ts';
import { annotate, problemsOf } from '../problems.ts';
import type { SetupGoCross } from '../run.ts';
import { goTest } from './go-test.ts';
import type { Outcome } from './outcome.ts';
import { findTestedPackages } from './packages.ts';
import { testSummary } from './summary.ts';
import { verify, vet } from './verify-vet.ts';

export interface TestSettings {
  readonly go: Go;
  readonly directory: string;
  /** Build tags, comma-separated: those of the build. */
  readonly tags: string;
  /** Whether failures are shown as annotations. */
  readonly annotations: boolean;
  readonly summary: (markdown: string) => Promise<void>;
  readonly signal: AbortSignal;
  /** Gets the time that it all took. */
  readonly spans: Span[];
}

/** What of the action's context the tests need. */
export function testSettings({ inputs, ...context }: SetupGoCross, go: Go, spans: Span[]): TestSettings {
  return { ...context, go, tags: inputs.tags.join(','), annotations: inputs['problem-matchers'], spans };
}

/**
 * `go mod verify`, `go vet` and `go test` of the module, or of every module of the workspace, on this machine.
 *
 * @throws SlipwayError MODULES_CHANGED, VET_FAILED, TESTS_FAILED: what stands behind the first failure is not run
 */
export async function runTests(settings: TestSettings): Promise<TestRun[]> {
  const { go, tags, directory, signal, spans } = settings;
  const start = Date.now();
  const flags = tags === '' ? [] : [`-tags=${tags}`];
  const tested = await findTestedPackages(go, flags, directory, signal).catch(error => {
    if (settings.annotations) annotate(problemsOf(error, directory, 'go list'));
    throw error;
  });
  const steps: (() => Promise<Outcome>)[] = [
    () => verify(settings),
    () => vet(settings, flags, tested),
    () => goTest(settings, flags, tested),
  ];
  const runs: TestRun[] = [];
  for (const step of steps) {
    const { run, failure } = await step();
    if (run !== undefined) runs.push(run);
    if (failure === undefined) continue;
    if (settings.annotations) annotate(failure.problems);
    await settings.summary(testSummary(runs, failure.error));
    throw failure.error;
  }
  spans.push({ name: 'Tests', start, end: Date.now() });
  return runs;
}
