import type { Become } from './become.ts';
import type { Explain } from './refusal.ts';

/** How the agent is started. */
export interface Start {
  /** The text that a shell runs where no agent is installed; an installed one passes it over. */
  readonly program: string;
  readonly become: Become;
  /** For sudo, when it asks; undefined when it must not. */
  readonly password: string | undefined;
  /** sha256 that an installed agent must have; undefined: the one that was recorded when it was installed. */
  readonly installed?: string;
  readonly explain: Explain;
}
