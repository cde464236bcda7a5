import { messageOf, SlipwayError } from '../../core/errors.ts';
import type { Site } from './sites.ts';

/** Milliseconds in which a cluster must answer before anything is done there. */
const within = 10_000;

/** @throws KUBE_UNREACHABLE, or what the API server said */
export async function reach({ cluster }: Site, signal: AbortSignal): Promise<void> {
  try {
    await cluster.request('GET', '/version', { signal, within });
  } catch (error) {
    if (signal.aborted || !(error instanceof SlipwayError) || error.code !== 'DEADLINE') throw error;
    throw new SlipwayError('KUBE_UNREACHABLE', `${cluster.server} does not answer: ${messageOf(error)}`, {
      hint: 'See that the runner reaches the API server.',
      cause: error,
    });
  }
}
