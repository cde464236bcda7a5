import { SlipwayError } from '../../core/errors.ts';
import { fieldsOf, sidesOf } from './fields.ts';

/** What holds for all tags; as docker/metadata-action's input of the same name. */
export interface Flavor {
  /** `auto`: with a stable version (semver), a git tag or a match. */
  readonly latest: 'auto' | 'true' | 'false';
  readonly prefix: string;
  /** Whether `latest` has the prefix, too. */
  readonly prefixLatest: boolean;
  readonly suffix: string;
  readonly suffixLatest: boolean;
}

export const plainFlavor: Flavor = {
  latest: 'auto',
  prefix: '',
  prefixLatest: false,
  suffix: '',
  suffixLatest: false,
};

/** Lines such as `latest=false` or `suffix=-alpine,onlatest=true`. */
export function parseFlavor(lines: readonly string[]): Flavor {
  return lines.reduce(withLine, plainFlavor);
}

function withLine(flavor: Flavor, line: string): Flavor {
  const invalid = (why: string) => new SlipwayError('FLAVOR_INVALID', `"${line}": ${why}`);
  let last: 'prefix' | 'suffix' | undefined;
  const next: Record<keyof Flavor, string | boolean> = { ...flavor };
  for (const field of fieldsOf(line)) {
    const [name, value] = sidesOf(field);
    if (name === 'latest') {
      if (!['auto', 'true', 'false'].includes(value)) throw invalid('latest is auto, true or false');
      next.latest = value;
    } else if (name === 'prefix' || name === 'suffix') {
      next[name] = value;
      last = name;
    } else if (name === 'onlatest') {
      if (!/^(true|false)$/.test(value)) throw invalid('onlatest is true or false');
      if (last === undefined) throw invalid('onlatest stands behind prefix or suffix, in the same line');
      next[`${last}Latest`] = value === 'true';
    } else {
      throw invalid(`"${field}" is none of latest=, prefix=, suffix=, onlatest=`);
    }
  }
  return next as unknown as Flavor;
}
