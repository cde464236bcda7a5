import { type CredentialSource, firstOf } from './credentials.ts';
import { type Insecure, originOf } from './endpoint.ts';
import type { Repository } from './reference.ts';
import { Session } from './session.ts';
import { Transport } from './transport.ts';

export interface ClientOptions {
  /** Asked once a registry, in this order. */
  readonly credentials: readonly CredentialSource[];
  readonly insecure: Insecure;
  /** Requests at once. */
  readonly concurrency?: number;
  /** Hears of every try that failed and is made again. */
  readonly onRetry?: (message: string) => void;
}

/** The sessions with all registries of one run. Close it, else kept connections keep the process alive. */
export class RegistryClient implements Disposable {
  readonly concurrency: number;
  readonly #options: ClientOptions;
  readonly #credentials: CredentialSource;
  readonly #transport = new Transport();
  readonly #sessions = new Map<string, Session>();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#credentials = firstOf(...options.credentials);
    this.concurrency = options.concurrency ?? 4;
  }

  /** The session with a repository's registry. */
  session({ host }: Pick<Repository, 'host'>): Session {
    const known = this.#sessions.get(host);
    if (known !== undefined) return known;
    const origin = originOf(host, this.#options.insecure);
    const { onRetry = () => undefined } = this.#options;
    const session = new Session(host, origin, this.#transport, this.#credentials, onRetry);
    this.#sessions.set(host, session);
    return session;
  }

  [Symbol.dispose](): void {
    this.#transport.close();
  }
}
