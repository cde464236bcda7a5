import { formatDate } from './date.ts';
import type { Call } from './expression.ts';
import type { TagFacts } from './facts.ts';
import type { contextNames } from './names.ts';

/** What a ref names, where it is one of that kind. */
export const nameIn = (ref: string, kind: 'heads' | 'tags'): string | undefined =>
  ref.startsWith(`refs/${kind}/`) ? ref.slice(`refs/${kind}/`.length) : undefined;

/** The expressions of a run: `{{branch}}`, `{{date 'YYYYMMDD'}}` and their like. */
export function contextCalls(facts: TagFacts): Record<(typeof contextNames)[number], Call> {
  const dated =
    (date: Date): Call =>
    (format, { tz = 'UTC' }) =>
      formatDate(date, format ?? `YYYY-MM-DDTHH:mm:ss${tz === 'UTC' ? '[Z]' : 'Z'}`, tz);
  return {
    branch: () => nameIn(facts.ref, 'heads') ?? '',
    tag: () => nameIn(facts.ref, 'tags') ?? '',
    sha: () => facts.sha.slice(0, facts.shortSha),
    base_ref: () => facts.baseRef,
    commit_date: dated(facts.commitDate),
    is_default_branch: () => String(isDefaultBranch(facts)),
    is_not_default_branch: () => String(!isDefaultBranch(facts)),
    date: dated(facts.now),
  };
}

/** As docker/metadata-action: some events always run for the last commit of the default branch. */
function isDefaultBranch({ ref, event, defaultBranch }: TagFacts): boolean {
  const branch = nameIn(ref, 'heads');
  if (branch === undefined) return false;
  return branch === defaultBranch || /create|discussion|issues|schedule/.test(event);
}
