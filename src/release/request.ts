import type { Mode } from './modes.ts';

/** What is asked of the chain, by the root action or from a terminal. */
export interface Request {
  readonly mode: Mode;
  /** Path of slipway.yml, relative to `directory`. */
  readonly config: string;
  /** One of the file's `environments`. */
  readonly environment?: string | undefined;
  /** Of the release to build, or of a stored one. */
  readonly version?: string | undefined;
  /** The environment whose verified version is promoted. */
  readonly from?: string | undefined;
  /** Instead of what the deployments say themselves. */
  readonly strategy?: string | undefined;
  /** Only the deployment of this name. */
  readonly deployment?: string | undefined;
  /** Records of the steps before: paths, globs or `oci://` references. */
  readonly release: readonly string[];
  /** Why something is deployed in a time in which nothing is. */
  readonly overrideFreeze?: string | undefined;
  /** Instead of the file's `records`. */
  readonly records?: string | undefined;
  /** Where relative paths begin; absolute. */
  readonly directory: string;
  /** Whether GitHub is told what is done, when there is a token for it. Default: true. */
  readonly github?: boolean | undefined;
  /** Whether the actions write job summaries. */
  readonly summary: boolean;
}
