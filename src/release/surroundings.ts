import type { Schemas } from './check.ts';
import type { Done } from './links.ts';

/** What the chain is run with. */
export interface Surroundings {
  /** The folder that holds `NAME/index.js`, the bundle of each action. */
  readonly dist: string;
  readonly schemas: Schemas;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly summary: (markdown: string) => Promise<void>;
  /** Called before each link. */
  readonly onBegin?: (title: string) => void;
  /** Called after each link with all that have ended. */
  readonly onDone?: (done: readonly Done[]) => void;
  /** Gets what the actions print; without it they share our output. */
  readonly onOutput?: (chunk: string) => void;
}
