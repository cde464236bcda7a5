import { SlipwayError } from './errors.ts';

/**
 * A runner cancels with SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL. The first signal aborts what is under way,
 * so that the target can be left healthy; the second ends the process at once, before the third would.
 *
 * @returns the signal to pass through everything, and a function that takes the handlers away again
 */
export function cancellation(end: (code: number) => void = code => process.exit(code)): {
  signal: AbortSignal;
  release: () => void;
} {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return end(130);
    controller.abort(
      new SlipwayError('CANCELLED', `cancelled by ${name}`, {
        hint: 'The step was cancelled; what it had begun was taken back or is reported above.',
      }),
    );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
