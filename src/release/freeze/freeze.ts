import { invalid } from '../../core/config-document.ts';
import type { ConfigFile } from '../../core/config-file.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { Override } from '../../core/record/schema.ts';
import { whoRuns } from '../../core/who-runs.ts';
import { isStored } from '../modes.ts';
import type { Plan } from '../prepare.ts';
import type { Request } from '../request.ts';
import { isThere } from '../source.ts';
import { frozenBy, readWindow, textOf, type Window } from './window.ts';

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
 * Whether something may be deployed now. Going back never is frozen; but what was never there is no way back, whatever
 * the mode is called.
 *
 * @returns what was overridden, to be written down; undefined where nothing stands against it
 * @throws SlipwayError FROZEN
 */
export async function refuseFrozen(
  { windows, request, file, records }: Pick<Plan, 'windows' | 'request' | 'file' | 'records'>,
  env: NodeJS.ProcessEnv,
  now: Date,
): Promise<Override | undefined> {
  const { mode, version, overrideFreeze } = request;
  const goesElsewhere = mode === 'rollback' && isStored(request);
  const window = frozen.includes(mode) || goesElsewhere ? frozenBy(windows, now) : undefined;
  if (window === undefined) return undefined;
  if (goesElsewhere && (await wasThere(version, file, records))) return undefined;
  const reason = overrideFreeze?.trim() ?? '';
  if (reason !== '') {
    const { at: place } = window;
    return { what: `freeze ${textOf(window)}`, place, reason, by: whoRuns(env), at: now.toISOString() };
  }
  const back = goesElsewhere
    ? `No record says that ${version ?? 'this release'} ever served here, so this is no way back.`
    : 'Going back is not frozen.';
  throw new SlipwayError('FROZEN', `nothing is deployed ${textOf(window)}`, {
    hint: `Nothing was changed. ${window.at} says so. ${back} If it cannot wait: override-freeze with the reason, which is written into the record.`,
  });
}

/** Whether a version has served in the environment, as far as the records say. */
async function wasThere(
  version: string | undefined,
  { environment = '' }: ConfigFile,
  records: Plan['records'],
): Promise<boolean> {
  if (version === undefined || records === undefined) return false;
  const entries = await records.entries({ version, environment });
  return entries.some(one => one.kind === 'deployment' && isThere(one));
}
