import { SlipwayError } from '../../core/errors.ts';
import type { HostSession } from '../host-session.ts';
import { lookAt } from './look.ts';

/**
 * Whatever waits for a share that has begun to hang ends by its own deadline, which does not say why. So where a request of
 * a host took too long, its root looks at the share once more.
 *
 * @returns what gives an error: the same, or SHARE_HANGS; the same object for all requests that one deadline has ended
 */
export function orItsShare(session: HostSession): (error: unknown) => Promise<unknown> {
  let looking: { readonly of: unknown; readonly found: Promise<unknown> } | undefined;
  return async error => {
    const isLate = error instanceof SlipwayError && error.code === 'DEADLINE';
    if (!isLate || session.settings.layout !== 'nfs') return error;
    // what the look itself fails with is not looked at again
    looking ??= {
      of: error,
      found: named(session, error).finally(() => {
        looking = undefined;
      }),
    };
    return looking.of === error ? looking.found : error;
  };
}

async function named(session: HostSession, late: SlipwayError): Promise<SlipwayError> {
  const said = await lookAt(session, session.settings).then(
    () => undefined,
    error => error,
  );
  if (!(said instanceof SlipwayError) || said.code !== 'SHARE_HANGS') return late;
  // no refusal: what it was asked before may have been done
  return new SlipwayError('SHARE_HANGS', `${said.message}; ${late.message}`, {
    hint: 'Look at its server and at the mount; what waits for it goes on when it is back.',
    cause: late,
  });
}
