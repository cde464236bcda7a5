import { SlipwayError } from '../core/errors.ts';
import { canonicalTarget, formatTarget, parseTarget, type Target } from '../core/target.ts';
import { list, mapped, type Value } from '../core/values.ts';

/** Systems whose programs cannot be read back yet: what cannot be checked is not released. */
const unreadable = ['js', 'wasip1', 'plan9', 'aix'];

/** `linux/amd64`, one a line or separated by commas; written twice counts once. */
export const targets: Value<Target[]> = mapped(
  list,
  'os/arch[/variant], e.g. linux/arm64 or linux/arm/v7',
  texts => {
    const byName = new Map<string, Target>();
    for (const text of texts) {
      const target = canonicalTarget(parse(text));
      byName.set(formatTarget(target), target);
    }
    return [...byName.values()];
  },
  'list of targets',
);

function parse(text: string): Target {
  const target = parseTarget(text);
  if (!unreadable.includes(target.os)) return target;
  throw new SlipwayError('TARGET_UNSUPPORTED', `programs for "${text}" cannot be read back and checked yet`);
}
