import { SlipwayError } from '../core/errors.ts';
import { digestPattern } from '../core/oci/digest.ts';
import { parseReference, type Reference } from '../core/registry/reference.ts';
import { formatPlatform, parseTarget, platformOf } from '../core/target.ts';

/** What the image of one platform is put on. */
export type PlatformBase =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'registry'; readonly text: string; readonly reference: Reference }
  /** `reference` is a tag or digest of the layout, or empty for its only image. */
  | { readonly kind: 'layout'; readonly text: string; readonly folder: string; readonly reference: string };

/** What an image is put on; by platform (`os/arch[/variant]`), with or without one for the rest. */
export type Base =
  | PlatformBase
  | {
      readonly kind: 'platforms';
      readonly by: ReadonlyMap<string, PlatformBase>;
      readonly rest: PlatformBase | undefined;
    };

/** One base, or a line `PLATFORM=BASE` for each platform that has its own. */
export function parseBases(lines: readonly string[]): Base {
  const by = new Map<string, PlatformBase>();
  let rest: PlatformBase | undefined;
  for (const line of lines) {
    const [, platform, text = ''] = /^([a-z0-9]+\/[a-z0-9/._]+)=(.+)$/.exec(line) ?? [];
    if (platform === undefined) {
      if (rest !== undefined) throw new SlipwayError('REFERENCE_INVALID', 'it names two bases for all platforms');
      rest = parseBase(line);
      continue;
    }
    const name = formatPlatform(platformOf(parseTarget(platform)));
    if (by.has(name)) throw new SlipwayError('REFERENCE_INVALID', `it names two bases for ${name}`);
    by.set(name, parseBase(text));
  }
  return by.size > 0 ? { kind: 'platforms', by, rest } : (rest ?? { kind: 'scratch' });
}

/** The base of one platform. */
export function baseFor(base: Base, platform: string): PlatformBase {
  if (base.kind !== 'platforms') return base;
  const own = base.by.get(platform) ?? base.rest;
  if (own !== undefined) return own;
  throw new SlipwayError('BASE_PLATFORM', `input "base" has nothing for ${platform}`, {
    hint: `Add a line ${platform}=BASE, or one base for all other platforms.`,
  });
}

export function parseBase(text: string): PlatformBase {
  if (text === 'scratch') return { kind: 'scratch' };
  if (!text.startsWith('oci-layout:')) return { kind: 'registry', text, reference: parseReference(text) };
  const [rest = '', digest] = text.slice('oci-layout:'.length).split('@');
  if (digest !== undefined && !digestPattern.test(digest))
    throw new SlipwayError('REFERENCE_INVALID', `"${digest}" is not a digest`);
  const [, folder = rest, tag] = /^(.+):([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(rest) ?? [];
  if (folder === '') throw new SlipwayError('REFERENCE_INVALID', 'it names no folder');
  return { kind: 'layout', text, folder, reference: digest ?? tag ?? '' };
}
