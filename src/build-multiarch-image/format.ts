import { SlipwayError } from '../core/errors.ts';
import type { ImageFormat } from '../core/oci/media-types.ts';
import type { Annotations } from './annotations.ts';
import type { Compression } from './compression.ts';

/** Throws for what Docker's media types cannot say: it would be lost without a word. */
export function mustFitFormat(inputs: {
  readonly 'media-types': ImageFormat;
  readonly compression: Compression;
  readonly annotations: Annotations;
}): void {
  if (inputs['media-types'] === 'oci') return;
  const { index, manifest } = inputs.annotations;
  const lost =
    inputs.compression === 'zstd'
      ? 'input "compression": zstd'
      : Object.keys({ ...index, ...manifest }).length > 0
        ? 'input "annotations"'
        : undefined;
  if (lost === undefined) return;
  throw new SlipwayError('INPUT_INVALID', `${lost} cannot be with media-types: docker`, {
    hint: 'Leave out one of the two; labels work with both.',
  });
}
