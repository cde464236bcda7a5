import type { ReleaseRecord } from '../../record/schema.ts';
import { fileProofs, sourceProofs } from './files.ts';
import { imageProofs } from './images.ts';
import { healthProofs, placeProofs } from './places.ts';
import type { ProofGroup } from './proof.ts';

/**
 * For every claim of a record the command that checks it by hand. Paths are as the record has them, so it is given as it
 * lies on disk: relative to its own folder.
 */
export function proofsOf(record: ReleaseRecord): ProofGroup[] {
  const whole = record.images.filter(image => image.part !== true);
  return [
    sourceProofs(record),
    fileProofs(record),
    ...whole.map(imageProofs),
    ...placeProofs(record),
    healthProofs(record),
  ].filter(({ proofs }) => proofs.length > 0);
}
