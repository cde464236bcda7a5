import type { Cluster } from '../kubernetes/cluster.ts';
import type { RegistryClient } from '../registry/client.ts';
import type { Insecure } from '../registry/endpoint.ts';

/** What a program printed, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOn {
  /** `user@host:port`; undefined: this machine. */
  readonly on: string | undefined;
  /** As root, where the host allows it. */
  readonly root?: boolean;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** What is behind hosts, clusters and registries, for checks that have to look into them. Who makes it, closes it. */
export interface Reach {
  /**
   * Runs a program; any exit code is a result.
   *
   * @throws SlipwayError: the program is missing, the host cannot be reached or refuses
   */
  run(argv: readonly [string, ...string[]], options: RunOn): Promise<Ended>;
  /** A cluster by its context, the kubeconfig's current one where none is given. */
  cluster(context: string | undefined): Promise<Cluster>;
  /** Registries with the credentials of this machine; `insecure`: those that are asked over plain HTTP. */
  registry(insecure: Insecure): Promise<RegistryClient>;
}
