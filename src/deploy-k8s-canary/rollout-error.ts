import { SlipwayError } from '../core/errors.ts';
import type { Trouble } from '../core/kubernetes/index.ts';

/** Why a release is not promoted; `lines` are events and log lines for the person who reads the log. */
export class RolloutError extends SlipwayError {
  readonly lines: readonly string[];
  /** Whether there simply was too little evidence. */
  readonly inconclusive: boolean;

  constructor(
    code: string,
    message: string,
    options: { hint?: string; cause?: unknown; lines?: readonly string[]; inconclusive?: boolean } = {},
  ) {
    super(code, message, options);
    this.lines = options.lines ?? [];
    this.inconclusive = options.inconclusive ?? false;
  }
}

const hints: Record<string, string> = {
  IMAGE_PULL:
    'See that the image exists under this digest, that the node may pull it (imagePullSecrets), and that its platform fits the node.',
  CRASH_LOOP: 'The last log lines are in the log above.',
  RESTARTED: 'The last log lines are in the log above. No pod of the old release was started again meanwhile.',
  READINESS_LOST: 'See the events of the readiness probe above. All pods of the old release stayed ready.',
  NEVER_READY: 'See the events of the readiness probe and the log lines above.',
  OOM_KILLED: 'Raise the memory limit, or lower GOMEMLIMIT.',
};

export function podFailure(trouble: Trouble, lines: readonly string[]): RolloutError {
  const hint = hints[trouble.code];
  return new RolloutError(trouble.code, `pod ${trouble.pod}: ${trouble.detail}`, {
    lines,
    ...(hint === undefined ? {} : { hint }),
  });
}
