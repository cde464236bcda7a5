import type { Ended, Reach, RunOn } from '../core/health/reach.ts';
import type { Cluster } from '../core/kubernetes/cluster.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import type { Insecure } from '../core/registry/endpoint.ts';
import type { Connection } from '../core/ssh/connection.ts';
import { accessOf, type Keys } from './identity/subjects.ts';

/** Opens hosts, clusters and registries when a check first needs them, each once; closes them all in the end. */
export class Places implements Reach, AsyncDisposable {
  readonly #keys: Keys;
  readonly #hosts = new Map<string, Promise<Connection>>();
  readonly #clusters = new Map<string, Promise<Cluster>>();
  readonly #registries = new Map<string, Promise<RegistryClient>>();
  readonly #ended = new AbortController();
  readonly #signal: AbortSignal;

  constructor(keys: Keys, signal: AbortSignal) {
    this.#keys = keys;
    this.#signal = AbortSignal.any([signal, this.#ended.signal]);
  }

  async run(argv: readonly [string, ...string[]], { on, root, timeout, signal }: RunOn): Promise<Ended> {
    if (on === undefined) {
      const { run } = await import('../core/process.ts');
      return run(argv, { timeout, signal, grace, env: plainEnvironment(process.env), accept: anyCode });
    }
    const connection = await this.#host(on, timeout);
    const command = root && ['auto', 'sudo-shell'].includes(this.#keys.become) ? asRoot : 'sh -s';
    return connection.exec(command, { input: `exec ${argv.map(quoted).join(' ')} </dev/null\n`, timeout, signal });
  }

  async #host(on: string, timeout: number): Promise<Connection> {
    const known = this.#hosts.get(on);
    if (known !== undefined && (await known).lost === undefined) return known;
    const opening = this.#connect(on, timeout);
    this.#hosts.set(on, opening);
    opening.catch(() => this.#hosts.delete(on));
    return opening;
  }

  async #connect(on: string, timeout: number): Promise<Connection> {
    const [{ connect }, { parseHosts }] = await Promise.all([
      import('../core/ssh/connect.ts'),
      import('../core/ssh/hosts.ts'),
    ]);
    return connect(parseHosts(on)[0]!, await accessOf(this.#keys), { signal: this.#signal, timeout });
  }

  cluster(context: string | undefined): Promise<Cluster> {
    const wanted = context ?? this.#keys.context;
    return once(this.#clusters, wanted ?? '', async () => {
      const { connectCluster } = await import('../core/kubernetes/index.ts');
      return connectCluster({ kubeconfig: this.#keys.kubeconfig, context: wanted });
    });
  }

  registry(asked: Insecure): Promise<RegistryClient> {
    const insecure = asked === false ? (this.#keys.insecure ?? false) : asked;
    return once(this.#registries, String(insecure), async () => {
      const [{ RegistryClient }, { dockerConfig }, { githubToken }] = await Promise.all([
        import('../core/registry/client.ts'),
        import('../core/registry/docker-config.ts'),
        import('../core/registry/credentials.ts'),
      ]);
      const credentials = [dockerConfig(process.env, this.#signal), githubToken(process.env)];
      return new RegistryClient({ credentials, insecure });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(); // what is being opened still is not waited for
    const closing = [
      ...[...this.#hosts.values()].map(async one => (await one).close()),
      ...[...this.#clusters.values()].map(async one => (await one).close()),
      ...[...this.#registries.values()].map(async one => (await one)[Symbol.dispose]()),
    ];
    await Promise.allSettled(closing);
  }
}

/** Quoted such that every login shell reads it alike. */
const asRoot = `/bin/sh -c 'if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi'`;

/** Milliseconds: the end of an attempt is not to be waited for. */
const grace = 50;

const anyCode = Array.from({ length: 256 }, (_, code) => code);

/** One that failed to open is opened anew the next time. */
function once<K, T>(known: Map<K, Promise<T>>, key: K, open: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? open();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}

/** The environment without this action's inputs: a runner hands secrets over in it. */
function plainEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(INPUT|STATE)_/.test(name)));
}

/** An argument as every POSIX shell reads it back. */
function quoted(argument: string): string {
  return `'${argument.replaceAll("'", "'\\''")}'`;
}
