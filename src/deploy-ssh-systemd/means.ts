import type { Hooks } from './hooks.ts';
import type { Rotation } from './rotation.ts';

/** What is the same for all hosts of a run, beside the settings. */
export interface Means {
  /** Where the inputs' relative paths begin. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly hooks: Hooks;
  readonly rotation: Rotation;
}
