import { contentOf } from './content.ts';
import type { Requirement } from './signer.ts';

/** What attests something, and whose signature it is; or why not. */
export type Judged = { readonly attestedBy: string } | { readonly why: string; readonly hint?: string };

/**
 * Whether a bundle attests what is required: who signed is looked at first, and then only the bytes that were signed.
 *
 * @param digest `sha256:…` of what must be attested
 * @param blob its bytes, where a signature of them may count
 */
export async function judge(
  bundle: Buffer,
  digest: string,
  { signer, types, type }: Requirement,
  blob?: Buffer,
): Promise<Judged> {
  const checked = await signer.check(bundle, blob);
  if ('why' in checked) return checked;
  const { by, statement } = checked;
  if (statement === undefined)
    return types === undefined || type === 'signature'
      ? { attestedBy: `signature by ${by}` }
      : { why: `it is a signature, no ${type}` };
  const content = contentOf(statement);
  if (content === undefined) return { why: 'what was signed is no statement' };
  if (!content.digests.includes(digest)) return { why: 'it is about something else' };
  const { predicateType } = content;
  if (types !== undefined && !types.includes(predicateType)) return { why: `it is ${predicateType}, no ${type}` };
  return { attestedBy: `${predicateType} by ${by}` };
}
