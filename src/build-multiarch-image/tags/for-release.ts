import type { ReleaseRecord } from '../../core/record/schema.ts';
import { factsOf, payloadOf } from './facts.ts';
import type { Flavor } from './flavor.ts';
import { tagOf, tagsOf } from './resolve.ts';
import type { TagRule } from './rule.ts';

/** The tags that the inputs ask for in this run. Without rules the version is the tag. */
export async function tagsFor(
  { tags, flavor }: { readonly tags: readonly TagRule[]; readonly flavor: Flavor },
  record: ReleaseRecord,
): Promise<string[]> {
  if (tags.length === 0) return [tagOf(record.version)];
  return tagsOf(tags, flavor, factsOf(record, process.env, await payloadOf(process.env), new Date()));
}
