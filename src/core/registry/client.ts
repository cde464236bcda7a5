import { type CredentialSource, firstOf } from './credentials.ts';
import { type Insecure, originOf } from './endpoint.ts';
import type { Repository } from './reference.ts';
import { Session } from './session.ts';
import { Transport } from './transport.ts';
import { largestWhole } from './upload.ts';

export interface ClientOptions {
  /** Asked once a registry, in this order. */
  readonly credentials: readonly CredentialSource[];
  readonly insecure: Insecure;
  /** Blobs at once, to each registry. */
  readonly concurrency?: number;
  /** Bytes; a blob that has more is uploaded in chunks of this size, and resumed where the connection broke. */
  readonly chunk?: number;
  /** Certificates in PEM that are trusted beside Node's own. */
  readonly authorities?: string | undefined;
  /** Hears of every try that failed and is made again. */
  readonly onRetry?: (message: string) => void;
}

/** The sessions with all registries of one run. Close it, else kept connections keep the process alive. */
export class RegistryClient implements Disposable {
  readonly concurrency: number;
  readonly chunk: number;
  readonly onRetry: (message: string) => void;
  readonly #options: ClientOptions;
  readonly #credentials: CredentialSource;
  readonly #transport: Transport;
  readonly #sessions = new Map<string, Session>();

  constructor(options: ClientOptions) {
    this.#options = options;
    this.onRetry = options.onRetry ?? (() => undefined);
    this.#credentials = firstOf(...options.credentials);
    this.concurrency = options.concurrency ?? 4;
    this.chunk = options.chunk ?? largestWhole;
    this.#transport = new Transport({ sockets: Math.max(8, this.concurrency), authorities: options.authorities });
  }

  /** The session with a repository's registry. */
  session({ host }: Pick<Repository, 'host'>): Session {
    const known = this.#sessions.get(host);
    if (known !== undefined) return known;
    const origin = originOf(host, this.#options.insecure);
    const session = new Session(host, origin, this.#transport, this.#credentials, this.onRetry);
    this.#sessions.set(host, session);
    return session;
  }

  [Symbol.dispose](): void {
    this.#transport.close();
  }
}
