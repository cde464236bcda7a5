import { SlipwayError } from '../core/errors.ts';
import type { Image, ImagePlatform, ReleaseRecord } from '../core/record/schema.ts';

/** One platform of the joined image, and the part that brought it. */
export interface Part {
  readonly platform: ImagePlatform;
  readonly image: Image;
}

/**
 * The platforms of all parts that a record names, by name; of the `wanted` ones (empty: all) each must be there, each
 * built once, and each with the same programs.
 */
export function partsOf(record: ReleaseRecord, wanted: readonly string[]): Part[] {
  const images = record.images.filter(image => image.part === true);
  if (images.length === 0) {
    throw new SlipwayError('PARTS_MISSING', 'mode: merge: no record names a part of an image', {
      hint: 'Set release to the records of the jobs that ran with mode: build, e.g. slipway-out/release-*.json.',
    });
  }
  const byName = Map.groupBy(
    images.flatMap(image => image.platforms.map(platform => ({ platform, image }))),
    part => part.platform.platform,
  );
  const missing = wanted.filter(name => !byName.has(name));
  if (missing.length > 0) {
    throw new SlipwayError('PLATFORM_MISSING', `no record has an image for ${missing.join(', ')}`, {
      hint: `There are parts for ${[...byName.keys()].sort().join(', ')}. Did every job upload its record?`,
    });
  }
  const names = [...byName.keys()].sort().filter(name => wanted.length === 0 || wanted.includes(name));
  const parts = names.map(name => onlyOne(name, byName.get(name)!));
  mustHaveSamePrograms(record, parts);
  return parts;
}

function onlyOne(name: string, parts: readonly Part[]): Part {
  const digests = [...new Set(parts.map(part => part.platform.digest))];
  if (digests.length === 1) return parts[0]!;
  throw new SlipwayError('PLATFORM_AMBIGUOUS', `${name} was built more than once: ${digests.join(', ')}`, {
    hint: 'Build each platform in one job, and give the records of one run only.',
  });
}

/** An image that lacks a program on one platform fails only there, and late. */
function mustHaveSamePrograms(record: ReleaseRecord, parts: readonly Part[]): void {
  const packageOf = new Map(record.binaries.map(one => [one.sha256, one.package]));
  const programs = ({ platform }: Part) =>
    platform.binaries
      .map(sha256 => packageOf.get(sha256) ?? sha256)
      .sort()
      .join(', ') || 'none';
  const [first, ...others] = parts;
  for (const part of others) {
    if (programs(part) === programs(first!)) continue;
    throw new SlipwayError(
      'PLATFORM_DIFFERS',
      `${part.platform.platform} has the programs ${programs(part)}, but ${first!.platform.platform} has ${programs(first!)}`,
      { hint: 'Build every program for every platform.' },
    );
  }
}
