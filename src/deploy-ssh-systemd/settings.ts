import type { Check } from '../core/health/index.ts';
import type { Access } from '../core/ssh/access.ts';
import type { Become } from './agent-program.ts';
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
  readonly type: 'exec' | 'notify';
  readonly runAs: string;
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
