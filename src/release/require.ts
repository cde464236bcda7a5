import { invalid } from '../core/config-document.ts';
import type { ConfigFile } from '../core/config-file.ts';
import { SlipwayError } from '../core/errors.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { table } from '../core/summary.ts';
import { type Looked, type Requirement, readRequire } from './checklist.ts';

/** What the environment requires. @throws SlipwayError CONFIG_INVALID with the line of an entry that is none */
export function requirementsOf(file: ConfigFile): Requirement[] {
  return readRequire(file.require, file.environments, (index, why) => {
    throw invalid(file.at(['environments', file.environment!, 'require', index]), why);
  });
}

/** The checklist as a table for people. */
export function checklistTable(looked: readonly (Looked & { required: boolean })[]): string {
  const state = ({ against, required }: (typeof looked)[number]) =>
    against.length === 0 ? '✓' : required ? '✗ required' : '–';
  return table(
    ['', 'Finding', 'What it means', 'What stands against it'],
    looked.map(one => [state(one), `\`${one.name}\``, one.means, short(one.against)]),
  );
}

/** @throws SlipwayError CHECKLIST_UNMET that names each finding that is required and not met */
export function refuseUnmet(
  file: ConfigFile,
  { name, version }: ReleaseRecord,
  looked: readonly (Looked & { required: boolean })[],
  policy = '',
): void {
  const unmet = looked.filter(one => one.required && one.against.length > 0);
  if (unmet.length === 0) return;
  throw new SlipwayError(
    'CHECKLIST_UNMET',
    `${name} ${version} may not go to ${file.environment ?? 'its place'}: ${unmet.map(one => `${one.name} (${short(one.against)})`).join('; ')}`,
    {
      hint: `Nothing was deployed. ${requiring(file, policy)} requires it: build the release with it, or take it from the list.`,
    },
  );
}

/** Where it is written. */
function requiring(file: ConfigFile, policy: string): string {
  const own = file.require.length === 0 ? [] : [file.at(['environments', file.environment!, 'require'])];
  return [...own, ...(policy === '' ? [] : [`the policy ${policy}`])].join(' or ');
}

function short(against: readonly string[]): string {
  return against.length <= 3 ? against.join(', ') : `${against.slice(0, 3).join(', ')} and ${against.length - 3} more`;
}
