import { SlipwayError } from '../../core/errors.ts';
import { didYouMean } from '../../core/suggest.ts';
import { formatTarget, type Target } from '../../core/target.ts';

const names = ['name', 'os', 'arch', 'variant', 'target', 'version', 'commit', 'ext'] as const;
type Name = (typeof names)[number];

export type Values = Readonly<Record<Name, string>>;

/** What the placeholders mean for one program; `{target}` is `linux-arm-v7`. */
export function valuesOf(name: string, target: Target, version: string, commit: string, ext: string): Values {
  return {
    name,
    os: target.os,
    arch: target.arch,
    variant: target.variant ?? '',
    target: formatTarget(target).replaceAll('/', '-'),
    version,
    commit,
    ext,
  };
}

/**
 * Fills `{name}`, `{os}` and so on.
 *
 * @throws SlipwayError PLACEHOLDER_UNKNOWN
 */
export function fill(template: string, values: Values): string {
  return template.replaceAll(/\{([a-z-]+)\}/g, (_, name: string) => {
    const value = values[name as Name];
    if (value !== undefined) return value;
    throw new SlipwayError(
      'PLACEHOLDER_UNKNOWN',
      `"${template}" holds the unknown placeholder {${name}}${didYouMean(name, names)}`,
      {
        hint: `Known: ${names.map(known => `{${known}}`).join(' ')}.`,
      },
    );
  });
}
