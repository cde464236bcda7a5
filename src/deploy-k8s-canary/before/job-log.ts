import { type Cluster, corePath, getObject, isApiError, type KubeObject } from '../../core/kubernetes/index.ts';
import { tellingParts } from '../../core/mask.ts';
import { type ConfigName, configReferences } from '../config-references.ts';

/** Milliseconds for one read; and how many lines it gives at the most, the last ones. */
const limits = { timeout: 10_000, lines: 5000 };

/** How many lines an error shows. */
const last = 20;

interface Read {
  /** Of the last line that was read, as the kubelet wrote it. */
  until: string;
  readonly lines: string[];
}

/** What the containers of a Job's pods write, read as they go: each line once. Values of Secrets that they read are `***`. */
export class JobLog {
  readonly #cluster: Cluster;
  readonly #secrets: readonly string[] | undefined;
  readonly #say: (line: string) => void;
  readonly #read = new Map<string, Read>();

  private constructor(cluster: Cluster, secrets: readonly string[] | undefined, say: (line: string) => void) {
    this.#cluster = cluster;
    this.#secrets = secrets;
    this.#say = say;
  }

  /** Where a Secret of the Job may not be read, what it holds cannot be masked: then nothing is shown, and that is said. */
  static async open(
    cluster: Cluster,
    job: KubeObject,
    say: (line: string) => void,
    signal: AbortSignal,
  ): Promise<JobLog> {
    const names = configReferences(job['spec'].template).filter(({ kind }) => kind === 'Secret');
    const found = await Promise.all(names.map(one => valuesOf(cluster, one, signal)));
    const hidden = names.filter((_, i) => found[i] === undefined).map(({ name }) => name);
    if (hidden.length > 0)
      say(`(its log is not shown: Secret/${hidden.join(', ')} may not be read, so what it holds cannot be masked)`);
    const secrets = hidden.length > 0 ? undefined : found.flatMap(one => one!).toSorted((a, b) => b.length - a.length);
    return new JobLog(cluster, secrets, say);
  }

  /** Reads on in every container that has begun. What cannot be read now is read the next time. */
  async follow(pods: readonly KubeObject[], signal: AbortSignal): Promise<void> {
    if (this.#secrets === undefined) return;
    for (const pod of pods) for (const container of begun(pod)) await this.#readOn(pod, container, signal);
  }

  /** The last lines of a container. */
  tail(pod: string, container: string): string[] {
    return this.#read.get(`${pod}/${container}`)?.lines ?? [];
  }

  async #readOn({ metadata: { name } }: KubeObject, container: string, signal: AbortSignal): Promise<void> {
    const key = `${name}/${container}`;
    const read = this.#read.get(key) ?? { until: '', lines: [] };
    const query = new URLSearchParams({ container, timestamps: 'true', tailLines: String(limits.lines) });
    if (read.until !== '') query.set('sinceTime', read.until); // of which the server takes the second
    const path = `${corePath(this.#cluster.namespace, 'pods', name)}/log?${query}`;
    const answer = await this.#cluster.raw('GET', path, { timeout: limits.timeout, signal }).catch(error => {
      signal.throwIfAborted();
      return { status: 0, body: String(error) };
    });
    if (answer.status !== 200) return;
    this.#read.set(key, read);
    for (const line of answer.body.split('\n')) {
      const [at = '', text = ''] = split(line);
      if (at === '' || at <= read.until) continue;
      read.until = at;
      const shown = `${container}: ${this.#plain(text)}`;
      read.lines.push(shown);
      if (read.lines.length > last) read.lines.shift();
      this.#say(shown);
    }
  }

  /** Without values of Secrets, and without what a runner takes for a command to it. */
  #plain(text: string): string {
    const masked = this.#secrets!.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
    return masked.replaceAll('\r', ' ').replaceAll('##[', '## [');
  }
}

function split(line: string): [string?, string?] {
  const at = line.indexOf(' ');
  return at < 0 ? [] : [line.slice(0, at), line.slice(at + 1)];
}

/** Names of the containers that have started at least once. */
function begun({ status = {} }: KubeObject): string[] {
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  return all
    .filter(({ state = {}, lastState = {} }) => state.running ?? state.terminated ?? lastState.terminated)
    .map(({ name }) => name);
}

/** Under four characters no value is masked: it would blot out half the log. */
async function valuesOf(cluster: Cluster, { name }: ConfigName, signal: AbortSignal): Promise<string[] | undefined> {
  try {
    const secret = await getObject(cluster, corePath(cluster.namespace, 'secrets', name), signal);
    const values = Object.values<string>(secret?.['data'] ?? {}).map(one => Buffer.from(one, 'base64').toString());
    return values.flatMap(tellingParts).filter(one => one.length >= 4);
  } catch (error) {
    if (isApiError(error, 403)) return undefined;
    throw error;
  }
}
