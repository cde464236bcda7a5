import { SlipwayError } from '../core/errors.ts';
import { suggestions } from '../core/suggest.ts';
import { canonicalTarget, formatTarget, parseTarget, type Target } from '../core/target.ts';
import { list, mapped, type Value } from '../core/values.ts';
import { groups } from './targets/groups.ts';
import { targetOfMachineName } from './targets/machines.ts';

/** A target, and the machines that asked for it where it was not named itself. */
export interface WantedTarget extends Target {
  readonly machines?: readonly string[];
}

/** `linux/amd64`, `all-linux` or `synology:DS920+`, one a line or separated by commas; what is named twice counts once. */
export const targets: Value<WantedTarget[]> = mapped(
  list,
  'os/arch[/variant], e.g. linux/arm64 or linux/arm/v7; all-linux; or a machine, e.g. synology:DS920+',
  texts => {
    const byName = new Map<string, WantedTarget>();
    for (const wanted of parseAll(texts)) {
      const name = formatTarget(wanted);
      const machines = [...new Set([...(byName.get(name)?.machines ?? []), ...(wanted.machines ?? [])])];
      byName.set(name, machines.length === 0 ? wanted : { ...wanted, machines });
    }
    return [...byName.values()];
  },
  'list of targets',
);

/** What is wrong is said of all of them at once. */
function parseAll(texts: readonly string[]): WantedTarget[] {
  const problems: SlipwayError[] = [];
  const wanted = texts.flatMap(text => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      problems.push(error);
      return [];
    }
  });
  const [first] = problems;
  if (first === undefined) return wanted;
  if (problems.length === 1) throw first;
  throw new SlipwayError(first.code, problems.map(({ message }) => message).join('; '), {
    hint: problems.map(({ hint }) => hint).join(' '),
  });
}

function parse(text: string): readonly WantedTarget[] {
  if (Object.hasOwn(groups, text)) return groups[text]!;
  if (text.includes(':')) {
    const { name, target } = targetOfMachineName(text);
    return [{ ...canonicalTarget(target), machines: [name] }];
  }
  const group = text.includes('/') ? [] : suggestions(text, Object.keys(groups));
  if (group.length === 0) return [canonicalTarget(parseTarget(text))];
  throw new SlipwayError('TARGET_UNKNOWN', `"${text}" is neither a target nor a group of targets`, {
    hint: `Did you mean ${group.join(', ')}?`,
  });
}
