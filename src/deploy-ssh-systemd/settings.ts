import type { Check } from '../core/health/index.ts';
import type { Access } from '../core/ssh/access.ts';
import type { Become } from './agent-program.ts';
import type { FileRule } from './extra-files.ts';
import type { Requirement } from './requirements.ts';
import type { Fingerprint } from './secrets.ts';
import type { UnitSettings } from './unit-file.ts';
import type { Listen } from './values.ts';

/** What is the same for all hosts of a run; read and checked before the first is connected. */
export interface Settings {
  readonly mode: 'plan' | 'deploy' | 'rollback' | 'status';
  readonly access: Access;
  readonly become: Become;
  readonly service: string;
  /** On the host, absolute. */
  readonly directory: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Variables whose values nobody may see. */
  readonly secretEnvironment: Readonly<Record<string, string>>;
  /** File name → content, for $CREDENTIALS_DIRECTORY. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly fingerprint: Fingerprint;
  readonly type: 'exec' | 'notify';
  readonly runAs: string;
  /** Make the user of `runAs` when the host does not have it. */
  readonly createUser: boolean;
  readonly unit: UnitSettings;
  readonly files: readonly FileRule[];
  readonly requires: readonly Requirement[];
  readonly listen: Listen | undefined;
  readonly checks: readonly Check[];
  /** Milliseconds, all of them. */
  readonly minHealthyTime: number;
  readonly healthyDeadline: number;
  readonly lockWait: number;
  readonly keepReleases: number;
  /** Who deploys, in one line. */
  readonly by: string;
}
