import { SlipwayError } from '../core/errors.ts';
import { digestPattern } from '../core/oci/digest.ts';
import { parseReference, type Reference } from '../core/registry/reference.ts';

/** What an image is put on. */
export type Base =
  | { readonly kind: 'scratch' }
  | { readonly kind: 'registry'; readonly text: string; readonly reference: Reference }
  /** `reference` is a tag or digest of the layout, or empty for its only image. */
  | { readonly kind: 'layout'; readonly text: string; readonly folder: string; readonly reference: string };

export function parseBase(text: string): Base {
  if (text === 'scratch') return { kind: 'scratch' };
  if (!text.startsWith('oci-layout:')) return { kind: 'registry', text, reference: parseReference(text) };
  const [rest = '', digest] = text.slice('oci-layout:'.length).split('@');
  if (digest !== undefined && !digestPattern.test(digest))
    throw new SlipwayError('REFERENCE_INVALID', `"${digest}" is not a digest`);
  const [, folder = rest, tag] = /^(.+):([A-Za-z0-9_][A-Za-z0-9._-]*)$/.exec(rest) ?? [];
  if (folder === '') throw new SlipwayError('REFERENCE_INVALID', 'it names no folder');
  return { kind: 'layout', text, folder, reference: digest ?? tag ?? '' };
}
