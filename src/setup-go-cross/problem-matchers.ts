import { join } from 'node:path';
import { log } from '../core/log.ts';

/** Lies at the same distance from the source and from the bundle. */
export const matchersFile = join(import.meta.dirname, '..', '..', 'actions', 'setup-go-cross', 'matchers.json');

/** The owners in `matchersFile`, by which a matcher is taken away again. */
export const matcherOwners = ['compiler', 'module', 'test', 'test-verbose', 'testify', 'panic'].map(
  name => `slipway-go-${name}`,
);

/**
 * Problem matchers for the steps that follow: the runner reads every line of the job's log by them. This step shows its
 * problems itself, with paths that are right in any working directory; so matchers that an earlier step left are taken
 * away first, and ours come when the step is over, or the runner would show everything twice.
 */
export function problemMatchers(on: boolean): Disposable {
  for (const owner of matcherOwners) log.info(`::remove-matcher owner=${owner}::`);
  return {
    [Symbol.dispose]: () => {
      if (on) log.info(`::add-matcher::${matchersFile.replaceAll('%', '%25')}`);
    },
  };
}
