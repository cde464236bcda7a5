import type { Check } from '../core/health/index.ts';
import type { Become } from '../core/host-agent/become.ts';
import type { Access } from '../core/ssh/access.ts';
import type { Backup } from './backup/values.ts';
import type { Ports } from './blue-green/ports.ts';
import type { Container } from './container/container.ts';
import type { FileRule } from './extra-files.ts';
import type { FirewallFacts } from './firewall/host.ts';
import type { Firewall } from './firewall/values.ts';
import type { Hook } from './hook-values.ts';
import type { Host } from './hosts.ts';
import type { LoadBalancer } from './load-balancer.ts';
import type { Logs } from './logs/logs.ts';
import type { Pace } from './pace.ts';
import type { BalancedSite } from './proxy/balanced-site.ts';
import type { ProxySite } from './proxy/proxy.ts';
import type { Requirement } from './requirements.ts';
import type { RoleSettings } from './role-settings.ts';
import type { Fingerprint } from './secrets.ts';
import type { Smoke } from './smoke/values.ts';
import type { Timer } from './timer/timer.ts';
import type { UnitSettings } from './unit-file.ts';
import type { Listen } from './values.ts';

/**
 * How a host keeps services and releases: by systemd on its own disk; by rc.d scripts and a watchdog of ours (Synology's
 * DSM); or by systemd, with the large files on a share of several hosts (`nfs`).
 */
export type Layout = 'systemd' | 'dsm' | 'nfs';

/** What is the same for all hosts of a run; read and checked before the first is connected. */
export interface Settings {
  /** To deploy to: without load balancers, as `limit` says. */
  readonly hosts: readonly Host[];
  /** Role → what its hosts have instead. */
  readonly roles: ReadonlyMap<string, RoleSettings>;
  readonly mode: 'plan' | 'deploy' | 'rollback' | 'status' | 'restart' | 'remove' | 'converge' | 'bootstrap' | 'doctor';
  /** Of a rollback: `previous`, a version, or the id of a release. */
  readonly to: string;
  readonly access: Access;
  /** Milliseconds in which a host must be reached. */
  readonly connectTimeout: number;
  readonly become: Become;
  /** For sudo, when it asks. */
  readonly becomePassword: string | undefined;
  /** Who may run the agent that bootstrap installs; default: who connects. */
  readonly agentUser: string | undefined;
  readonly service: string;
  readonly layout: Layout;
  /** Where the hosts have the share, with `layout: nfs`; absolute. */
  readonly nfsRoot: string | undefined;
  /** On the host, absolute. */
  readonly directory: string;
  /** Whether the services are those of the user who connects, by that user's systemd; known when the host was asked. */
  readonly ownServices: boolean;
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
  /** Undefined where it runs a binary. */
  readonly container: Container | undefined;
  /** Undefined where the service is to stay up. */
  readonly timer: Timer | undefined;
  /** Text of a drop-in for the unit; empty where there is none. */
  readonly dropIn: string;
  readonly files: readonly FileRule[];
  readonly requires: readonly Requirement[];
  readonly listen: Listen | undefined;
  /** Of two instances; undefined where there is but one. */
  readonly ports: Ports | undefined;
  readonly firewall: Firewall | undefined;
  readonly backup: Backup | undefined;
  /** What filters on the host; known when it was asked, where rules are wanted. */
  readonly filter: FirewallFacts | undefined;
  readonly restartMethod: 'restart' | 'socket' | 'upgrade-signal';
  readonly pidFile: string | undefined;
  /** How the agent may bring in a release that a running process can take up: `upgrade-USR2`, `reload-HUP`; else `restart`. */
  readonly way: string;
  /** Empty, where they are those of `listen`, which a host may have another one of. */
  readonly checks: readonly Check[];
  /** Milliseconds, all of them. */
  readonly minHealthyTime: number;
  readonly healthyDeadline: number;
  /** What is tried before the switch; undefined where nothing is. */
  readonly smoke: Smoke | undefined;
  readonly lockWait: number;
  readonly keepReleases: number;
  readonly loadBalancer: LoadBalancer | undefined;
  /** On the host itself. */
  readonly proxy: ProxySite | undefined;
  /** On hosts with the role lb instead. */
  readonly balancedSite: BalancedSite | undefined;
  readonly logs: Logs | undefined;
  readonly hooks: readonly Hook[];
  readonly pace: Pace;
  readonly onFailure: 'stop' | 'rollback-batch' | 'rollback-all';
  /** How long a canary must stay healthy beyond `minHealthyTime`, and the new one of two instances with the requests; milliseconds. */
  readonly soakTime: number;
  /** Who deploys, in one line. */
  readonly by: string;
}

/** The settings for a host that must stay healthy for longer than others, before its release counts. */
export function soaking(settings: Settings, soak: number): Settings {
  const { minHealthyTime, healthyDeadline } = settings;
  return { ...settings, minHealthyTime: minHealthyTime + soak, healthyDeadline: healthyDeadline + soak };
}
