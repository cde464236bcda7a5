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
