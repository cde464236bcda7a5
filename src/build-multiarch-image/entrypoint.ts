import { SlipwayError } from '../core/errors.ts';
import { binaryFolder } from './layers.ts';
import type { PlatformBinaries } from './select.ts';

/** The program of the image; of several, the one that has the release's name. */
export function entrypointOf(platforms: readonly PlatformBinaries[], name: string): string[] {
  const names = platforms[0]!.binaries.map(binary => binary.name);
  const program = names.length === 1 ? names[0] : names.find(one => one === name);
  if (program !== undefined) return [`/${binaryFolder}/${program}`];
  throw new SlipwayError('INPUT_INVALID', `input "entrypoint" is missing: the image holds ${names.join(', ')}`, {
    hint: `Give the one that starts, e.g. entrypoint: /${binaryFolder}/${names[0]}.`,
  });
}
