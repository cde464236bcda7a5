import { SlipwayError } from '../errors.ts';
import type { Records } from './records.ts';

/** With what records are opened. */
export interface Opening {
  /** For errors: `slipway.yml:3`. */
  readonly place: string;
  /** Inputs of build-multiarch-image as slipway.yml has them: images, registry-username, registry-password, insecure, … */
  readonly image: Readonly<Record<string, unknown>> | undefined;
  /** Where a relative folder begins, and the repository of `git`; absolute. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/**
 * Opens the place where releases are kept.
 *
 * @param spec `oci`, `folder`, `git`, `{ oci: REPOSITORY }`, `{ folder: PATH }`, `{ git: BRANCH }`, or the text of one
 */
export async function openRecords(spec: unknown, { place }: Opening): Promise<Records> {
  throw new SlipwayError('CONFIG_INVALID', `${place}: records ${JSON.stringify(spec)} cannot be opened`);
}
