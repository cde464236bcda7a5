import { messageOf, SlipwayError } from '../core/errors.ts';
import type { HostSession } from './host-session.ts';

/** Does the same on every host at once and waits for all of them, whatever the others do. */
export async function onAll<A extends { readonly session: HostSession } | HostSession, B>(
  hosts: readonly A[],
  task: (host: A) => Promise<B>,
): Promise<{ results: B[]; errors: SlipwayError[] }> {
  const settled = await Promise.allSettled(hosts.map(task));
  const results = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
  const errors = settled.flatMap(one => (one.status === 'rejected' ? [asSlipwayError(one.reason)] : []));
  return { results, errors };
}

/** One error for all: that of a single host as it is, several joined under one code when they have the same. */
export function joinErrors(errors: readonly SlipwayError[], hosts: number): SlipwayError {
  const [first] = errors;
  if (first === undefined) throw new Error('there is no error to join');
  if (errors.length === 1) return first;
  const codes = new Set(errors.map(error => error.code));
  const hints = [...new Set(errors.flatMap(error => error.hint ?? []))];
  return new SlipwayError(
    codes.size === 1 ? first.code : 'HOSTS_FAILED',
    `${errors.length} of ${hosts} hosts failed: ${errors.map(error => error.message).join('; ')}`,
    {
      hint: hints.join(' '),
      cause: new AggregateError(errors),
    },
  );
}

/** The hosts that could be looked at are as they were, too; its hint says so. */
export function withNothingChanged(error: SlipwayError): SlipwayError {
  const { code, message, hint = '', cause } = error;
  if (hint.includes('Nothing was changed')) return error;
  return new SlipwayError(code, message, { hint: `Nothing was changed on any host. ${hint}`.trim(), cause });
}

function asSlipwayError(error: unknown): SlipwayError {
  return error instanceof SlipwayError ? error : new SlipwayError('DEPLOY_FAILED', messageOf(error), { cause: error });
}
