import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../../core/errors.ts';
import type { Backend, RouteKind } from '../weights.ts';
import type { Source } from './documents.ts';
import { nameIn, namesIn, textOf, type WeightsPlace, weighted } from './weights-text.ts';

/**
 * The text that takes the place of a list of backends. With nobody new in it, it is the former one, byte for byte.
 *
 * @param now the list in the tree
 * @param former the list before the rollout
 * @throws RENDER_EDITED where the list has become another one, but for weights and who is new; RENDER_MISMATCH
 */
export function listText(
  now: WeightsPlace,
  former: WeightsPlace,
  kind: RouteKind,
  backends: readonly Backend[],
): string {
  const old = namesIn(former, kind);
  const wanted = backends.map(one => nameIn(one, kind.nameAt));
  if (wanted.filter(name => old.includes(name)).join() !== old.join()) throw differs(former.source, kind, old, wanted);
  const kept = bare(now).filter(one => old.includes(nameIn(one, kind.nameAt)));
  if (!isDeepStrictEqual(kept, bare(former)))
    throw new SlipwayError(
      'RENDER_EDITED',
      `${now.source.path}: somebody else changed the backends of the ${kind.kind} during the rollout`,
      { hint: 'Put them right by hand, push that, then run `mode: abort`.' },
    );
  return wanted.length === old.length ? textOf(former) : weighted(former, kind, backends);
}

const bare = ({ list }: WeightsPlace): Backend[] => (list.toJSON() as Backend[]).map(({ weight: _, ...rest }) => rest);

/** The manifests and the cluster lead to others. */
export function differs(
  source: Source,
  kind: RouteKind,
  old: readonly string[],
  live: readonly string[],
): SlipwayError {
  return new SlipwayError(
    'RENDER_MISMATCH',
    `${source.path}: its ${kind.kind} leads to ${old.join(', ')}, and the cluster’s to ${live.join(', ')}`,
    { hint: 'Wait until the cluster has followed what is committed, then run again.' },
  );
}
