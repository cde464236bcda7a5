import { messageOf, SlipwayError } from '../../errors.ts';
import { ProbeFailure } from '../observation.ts';
import { raced } from '../raced.ts';
import type { Ended } from '../reach.ts';
import type { AttemptOptions } from './attempt.ts';

/** What another try does not mend. */
const refusals =
  /^(AUTH_|HOST_KEY|HOST_NOT_FOUND|HOST_INVALID|INPUT_INVALID|KEY_|PROGRAM_MISSING|TRUST_|KUBECONFIG|PASSPHRASE|REFERENCE_INVALID|REGISTRY_FORBIDDEN|REGISTRY_UNAUTHORIZED)/;

/** The most that a program may take, where the attempt itself has no end. */
const longest = 600_000;

/** Runs a program here or on a host; that it cannot be run is a failure of the check. */
export async function runOn(
  argv: readonly [string, ...string[]],
  on: string | undefined,
  { reach, signal, timeout }: AttemptOptions,
  root = false,
): Promise<Ended> {
  if (reach === undefined) throw new ProbeFailure('no-access', 'this gate runs no programs', { retriable: false });
  try {
    // A program that does not hear its end must not hold the attempt up.
    return await raced(reach.run(argv, { on, root, signal, timeout: (timeout ?? longest) + 1000 }), signal);
  } catch (error) {
    throw accessFailure(error, signal);
  }
}

/** A refusal is final and has no other reason than access; the rest may be a host that is just starting. */
export function accessFailure(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof ProbeFailure) return error;
  const final = error instanceof SlipwayError && refusals.test(error.code);
  const hint = error instanceof SlipwayError && error.hint !== undefined ? `. ${error.hint}` : '';
  return new ProbeFailure(final ? 'no-access' : 'unreachable', `${messageOf(error)}${hint}`, {
    retriable: !final,
    cause: error,
  });
}
