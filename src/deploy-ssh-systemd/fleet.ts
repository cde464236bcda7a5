import { messageOf, SlipwayError } from '../core/errors.ts';
import type { HostSession } from './host-session.ts';
import type { Outcome } from './outcome.ts';

/** Does the same on every host at once and waits for all of them, whatever the others do. */
export async function onAll<A extends { readonly session: HostSession } | HostSession, B>(
  hosts: readonly A[],
  task: (host: A) => Promise<B>,
): Promise<{ results: B[]; failed: { host: A; error: SlipwayError }[]; errors: SlipwayError[] }> {
  const settled = await Promise.allSettled(hosts.map(task));
  const results = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = settled.flatMap((one, index) =>
    one.status === 'rejected' ? [{ host: hosts[index]!, error: asSlipwayError(one.reason) }] : [],
  );
  return { results, failed, errors: failed.map(({ error }) => error) };
}

/** What the run fails with: the hosts' own errors, and the names of those that nothing was begun on. */
export function failureOf(outcomes: readonly Outcome[], signal: AbortSignal): SlipwayError | undefined {
  const errors = outcomes.flatMap(one => one.error ?? []);
  const left = outcomes.filter(({ state }) => state === 'not-begun');
  if (errors.length === 0 && left.length === 0) return undefined;
  const reason = left[0]?.evidence['reason'];
  const error = errors.length > 0 ? joinErrors(errors, outcomes.length) : stopped(String(reason), signal);
  if (left.length === 0) return error;
  const places = left.map(({ place }) => place).join(', ');
  return new SlipwayError(error.code, error.message, {
    hint: `Not begun, and as before: ${places}. ${error.hint ?? ''}`.trim(),
    cause: error,
  });
}

function stopped(reason: string, signal: AbortSignal): SlipwayError {
  if (signal.aborted) return asSlipwayError(signal.reason);
  return new SlipwayError('HOSTS_NOT_BEGUN', reason, { hint: 'Look at the hosts with `mode: status`.' });
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
    `${errors.length} of ${hosts} hosts failed: ${[...new Set(errors.map(error => error.message))].join('; ')}`,
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

/** Whatever was thrown, as an error of ours. */
export function asSlipwayError(error: unknown): SlipwayError {
  return error instanceof SlipwayError ? error : new SlipwayError('DEPLOY_FAILED', messageOf(error), { cause: error });
}

/** Whether nothing is known of the host, as it does not answer. */
export function isUnreachable({ code }: SlipwayError): boolean {
  return code === 'CONNECT_FAILED' || code === 'CONNECTION_LOST' || code === 'DEADLINE';
}
