import type { Binary, Deployment } from '../../core/record/schema.ts';
import { short } from '../chain.ts';

/**
 * What a binary is that is not the deployed one. Pure.
 *
 * @param exe where it lies: releases lie in folders of their own, named by their ids
 * @param known the record's binaries, to name what runs instead
 */
export function otherBinary(
  sha256: string,
  exe: string | undefined,
  { previous, binary }: Deployment,
  known: readonly Binary[],
): { readonly reason: 'rolled-back' | 'other-binary'; readonly what: string } {
  if (previous !== '' && (exe ?? '').includes(`/releases/${previous}/`))
    return { reason: 'rolled-back', what: `of the release before (${previous}): it was rolled back` };
  const target = known.find(one => one.sha256 === sha256)?.target;
  const what = target === undefined ? 'which is none of this release' : `which was built for ${target}`;
  return { reason: 'other-binary', what: `${what}, instead of ${short(binary ?? 'unknown')}` };
}
