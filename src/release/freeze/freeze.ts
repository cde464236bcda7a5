import { invalid } from '../../core/config-document.ts';
import type { ConfigFile } from '../../core/config-file.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { Override } from '../../core/record/schema.ts';
import { whoRuns } from '../../core/who-runs.ts';
import type { Request } from '../request.ts';
import { frozenBy, readWindow, textOf, type Window } from './window.ts';

/** Going back is never frozen. */
const frozen: readonly Request['mode'][] = ['release', 'deploy', 'promote'];

/** What slipway.yml says for all, and for the environment. @throws SlipwayError CONFIG_INVALID with the line */
export function windowsOf({ freeze, at }: ConfigFile): Window[] {
  return freeze.map(({ entry, path }) =>
    readWindow(entry, at(path), why => {
      throw invalid(at(path), `freeze: ${why}`);
    }),
  );
}

/**
 * Whether something may be deployed now.
 *
 * @returns what was overridden, to be written down; undefined where nothing stands against it
 * @throws SlipwayError FROZEN
 */
export function refuseFrozen(
  windows: readonly Window[],
  { mode, overrideFreeze }: Request,
  env: NodeJS.ProcessEnv,
  now: Date,
): Override | undefined {
  const window = frozen.includes(mode) ? frozenBy(windows, now) : undefined;
  if (window === undefined) return undefined;
  const reason = overrideFreeze?.trim() ?? '';
  if (reason !== '') {
    const { at: place } = window;
    return { what: `freeze ${textOf(window)}`, place, reason, by: whoRuns(env), at: now.toISOString() };
  }
  throw new SlipwayError('FROZEN', `nothing is deployed ${textOf(window)}`, {
    hint: `Nothing was changed. ${window.at} says so. Going back is not frozen. If it cannot wait: override-freeze with the reason, which is written into the record.`,
  });
}
