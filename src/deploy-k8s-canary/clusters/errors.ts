import { messageOf, SlipwayError } from '../../core/errors.ts';

/** An error with the name of the cluster that it is about. */
export function ofCluster(name: string, error: unknown): SlipwayError {
  const { code, hint } = asSlipwayError(error);
  const said = messageOf(error);
  return new SlipwayError(code, said.includes(`clusters.${name}.`) ? said : `${name}: ${said}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

export function asSlipwayError(error: unknown): SlipwayError {
  return error instanceof SlipwayError ? error : new SlipwayError('DEPLOY_FAILED', messageOf(error), { cause: error });
}

/** That of one cluster as it is; several under one code when they have the same. */
export function joined(errors: readonly SlipwayError[], clusters: number): SlipwayError {
  const [first] = errors;
  if (errors.length === 1) return first!;
  const codes = new Set(errors.map(({ code }) => code));
  const hints = [...new Set(errors.flatMap(({ hint }) => hint ?? []))];
  return new SlipwayError(
    codes.size === 1 ? first!.code : 'CLUSTERS_FAILED',
    `${errors.length} of ${clusters} clusters: ${errors.map(({ message }) => message).join('; ')}`,
    { hint: hints.join(' '), cause: new AggregateError(errors) },
  );
}

/** Does the same for each at once; when any of it fails, all that failed is one error. */
export async function allOrThrow<A extends { readonly name: string }, B>(
  clusters: readonly A[],
  task: (one: A) => Promise<B>,
): Promise<B[]> {
  const settled = await Promise.allSettled(clusters.map(task));
  const errors = settled.flatMap((one, index) =>
    one.status === 'rejected' ? [ofCluster(clusters[index]!.name, one.reason)] : [],
  );
  if (errors.length > 0) throw joined(errors, clusters.length);
  return settled.map(one => (one as PromiseFulfilledResult<B>).value);
}
