/** What the production checklist looks at in a place, as the action that knows the way there reports it: its output `checkup`. */
export interface HostCheckup {
  readonly kind: 'host';
  /** `deploy@web1.example.com:22`. */
  readonly place: string;
  /** Who connects. */
  readonly user: string;
  /** How the agent became root: `agent`, `sudo-shell`, `none`. */
  readonly way: string;
  readonly layout: string;
  /** The present release; empty where nothing is deployed. */
  readonly serves: string;
  /** What a rollback goes to; empty where there is nothing. */
  readonly previous: string;
  /** Releases that are kept. */
  readonly releases: number;
  /** Names of the service’s variables. */
  readonly variables: readonly string[];
  /** Ports that slipway.yml knows of. */
  readonly ports: readonly number[];
  /** What programs of the host said (assets/checkup.sh), by what was asked. */
  readonly said: Readonly<Record<string, string>>;
}

/** A place that could not be looked at. */
export interface Unseen {
  readonly kind: 'unseen';
  readonly place: string;
  readonly why: string;
}

export interface ClusterCheckup {
  readonly kind: 'cluster';
  /** `CONTEXT/NAMESPACE Deployment/hello`. */
  readonly place: string;
  /** The container that is released. */
  readonly program: string;
  readonly pod: {
    /** `hostNetwork`, `hostPID`, `hostIPC`, as far as they are shared. */
    readonly ofHost: readonly string[];
    readonly hostPaths: readonly string[];
    readonly securityContext: SecurityContext;
    /** Whether the API server’s token is put into the pods. */
    readonly hasToken: boolean;
    /** Seconds between SIGTERM and SIGKILL. */
    readonly gracePeriod: number;
  };
  readonly containers: readonly {
    readonly name: string;
    readonly image: string;
    /** Names only. */
    readonly variables: readonly string[];
    /** `readinessProbe`, `livenessProbe`, those that it has. */
    readonly probes: readonly string[];
    readonly securityContext: SecurityContext;
    readonly limits: Readonly<Record<string, string>>;
    readonly requests: Readonly<Record<string, string>>;
  }[];
  /** NetworkPolicies about the pods; undefined: they may not be listed. */
  readonly policies: readonly string[] | undefined;
  /** Of the namespace’s Ingresses; undefined: they may not be listed. */
  readonly sites: readonly Certified[] | undefined;
  /** When it was looked at; milliseconds since the epoch. */
  readonly now: number;
  /** Whether the user of the kubeconfig may do everything in the namespace. */
  readonly mayDoEverything: boolean;
}

/** A site, with its certificate in PEM, which is empty where it has none; or why that is not known. */
export type Certified = { readonly site: string } & ({ readonly certificate: string } | { readonly why: string });

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[] };
  readonly seccompProfile?: { readonly type: string };
}
