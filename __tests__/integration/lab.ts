import { describe, test } from '@jest/globals';

/** The lab's registry: `host` as in image references, `url` of its API; plain HTTP. */
export interface LabRegistry {
  readonly host: string;
  readonly url: string;
}

/** A systemd host: reached by SSH as `user` (sudo without password) and as root, with the same key. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** The user's, where sudo asks for one. */
  readonly password?: string;
  /** Paths of files. */
  readonly privateKey: string;
  readonly knownHosts: string;
  /** The host's root file system, seen from this machine. */
  readonly root: string;
  /** PID 1 of the host, seen from this machine: its processes are below it in /proc. */
  readonly leaderPid: number;
}

/** The one-node Kubernetes cluster. */
export interface LabCluster {
  /** Path of a file with embedded certificates. */
  readonly kubeconfig: string;
  readonly server: string;
  /** Where NodePorts are reached. */
  readonly nodeAddress: string;
  /** `address:port` of the Gateway's data plane. */
  readonly gateway: string;
  /** Path of the kubectl binary. */
  readonly kubectl: string;
}

/**
 * `cluster2` is a second cluster; `host` is host1; `host:host2` is another one, `fresh:host2` without what was written to it
 * before; `peer:crane` is a third-party program.
 */
export type Component =
  | 'registry'
  | 'cluster'
  | 'cluster2'
  | 'host'
  | `host:host${number}`
  | `fresh:host${number}`
  | 'go'
  | 'node-arm64'
  | `peer:${string}`
  | `package:${string}`;

export type InfoOf<C extends Component> = C extends 'registry'
  ? LabRegistry
  : C extends 'cluster' | 'cluster2'
    ? LabCluster
    : C extends 'go' | 'node-arm64' | `peer:${string}` | `package:${string}`
      ? string
      : LabHost;

/**
 * What a body of tests gets: `lab.host.address`, `lab['host:host2'].address`, `lab.cluster.kubeconfig`, and for a
 * program its path: `lab.go` is the go command, `lab['peer:crane']` a third party's;
 * `package:nginx-light` makes sure of a Debian package.
 */
export type Lab<C extends Component> = { readonly [K in C]: InfoOf<K> };

/** The lab's module of a component, for what only it can do: `(await labModule('host')).restart('host1')`. */
export function labModule(
  kind: 'registry' | 'cluster' | 'cluster2' | 'prometheus' | 'host' | 'go' | 'node-arm64' | 'peers' | 'apt',
  // biome-ignore lint/suspicious/noExplicitAny: the lab is plain JavaScript
): Promise<any> {
  return import(new URL(`../../scripts/lab/${kind}.mjs`, import.meta.url).href);
}

/**
 * Makes sure that a component of the lab is up and says where it is. Safe to call from several test files at once.
 *
 * @param options passed on to the component: `{ fresh: true }` makes a host anew
 * @throws the lab's `Missing` (by its `name`) when this machine cannot have the component
 */
export async function need<C extends Component>(
  component: C,
  options: Record<string, unknown> = {},
): Promise<InfoOf<C>> {
  const [kind, name = 'host1'] = component.split(':') as [
    'registry' | 'cluster' | 'cluster2' | 'host' | 'fresh' | 'go' | 'node-arm64' | 'peer' | 'package',
    string?,
  ];
  const progress = (line: string) => process.stderr.write(`lab: ${line}\n`);
  if (kind === 'go') return (await labModule('go')).ensureGo();
  if (kind === 'node-arm64') return (await labModule('node-arm64')).ensureNodeArm64();
  if (kind === 'peer') return (await labModule('peers')).peer(name, { progress });
  if (kind === 'package') {
    await (await labModule('apt')).ensurePackages([name]);
    return name as InfoOf<C>;
  }
  if (kind === 'fresh') return (await labModule('host')).up({ progress, name, fresh: true, ...options });
  const { up } = await labModule(kind);
  return up({ progress, ...(kind === 'host' ? { name } : {}), ...options });
}

/**
 * `describe` for tests that need real components: `await describeWith('host', 'deploying', lab => { test(…) })`, or
 * `['host', 'cluster']` for several. They are started while the tests are collected, outside of any test's time limit.
 * A component that this machine cannot have skips the tests aloud: the title says why, and what gets it. Anything else
 * that goes wrong in the lab fails the file.
 */
export async function describeWith<const C extends Component>(
  components: C | readonly C[],
  title: string,
  body: (lab: Lab<C>) => void,
): Promise<void> {
  const wanted = (typeof components === 'string' ? [components] : components) as readonly C[];
  const infos: [C, unknown][] = [];
  const missing: string[] = [];
  for (const component of wanted) {
    try {
      infos.push([component, await need(component)]);
    } catch (error) {
      if ((error as Error).name !== 'Missing') throw error;
      const { what, why, get } = error as Error & { what: string; why: string; get: string };
      missing.push(`${what} is missing: ${why}; to get it: ${get}`);
    }
  }
  if (missing.length === 0) describe(title, () => body(Object.fromEntries(infos) as Lab<C>));
  else describe(title, () => test.skip(`SKIPPED, ${missing.join('; ')}`, () => undefined));
}
