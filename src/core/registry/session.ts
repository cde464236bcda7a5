import { SlipwayError } from '../errors.ts';
import { chooseChallenge } from './challenge.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { resolveLocation } from './endpoint.ts';
import { failureOf, type RegistryError } from './failure.ts';
import { patiently } from './patience.ts';
import type { Repository } from './reference.ts';
import { basic, fetchToken } from './token.ts';
import type { Body, Incoming, Outgoing, Transport } from './transport.ts';

/** One request to a registry, with the statuses that are answers rather than failures. */
export interface Call {
  readonly method: Outgoing['method'];
  /** Absolute, or a path at the registry. */
  readonly url: string | URL;
  /** What a token must allow, e.g. `repository:acme/hello:pull,push`. */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body | Buffer;
  readonly accept: readonly number[];
}

export function scopeOf(repository: Repository, access: 'pull' | 'push'): string {
  return `repository:${repository.path}:${access === 'pull' ? 'pull' : 'pull,push'}`;
}

const maxRedirects = 5;
const redirects = new Set([301, 302, 303, 307, 308]);

/** Everything said to one registry: authentication, redirects, retries. */
export class Session {
  readonly origin: URL;
  readonly host: string;
  readonly #transport: Transport;
  readonly #credentials: CredentialSource;
  readonly #onRetry: (message: string) => void;
  /** Scopes → the Authorization header that is good for them. */
  readonly #authorizations = new Map<string, Promise<string>>();

  constructor(
    host: string,
    origin: URL,
    transport: Transport,
    credentials: CredentialSource,
    onRetry: (message: string) => void,
  ) {
    this.host = host;
    this.origin = origin;
    this.#transport = transport;
    this.#credentials = credentials;
    this.#onRetry = onRetry;
  }

  /** One request, tried again while its failure may pass. */
  call(doing: string, call: Call, within: number, signal: AbortSignal): Promise<Incoming> {
    return this.retrying(doing, within, signal, limited => this.attempt(call, limited));
  }

  /** Tries a sequence of requests as a whole. `within` is for all tries together, in milliseconds. */
  retrying<T>(
    doing: string,
    within: number,
    signal: AbortSignal,
    task: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return patiently({ doing, within, signal, host: this.host, onRetry: this.#onRetry }, task);
  }

  /** One request with authentication and redirects, without retry. Credentials go to the registry's own origin only. */
  async attempt(call: Call, signal: AbortSignal): Promise<Incoming> {
    let url = new URL(call.url, this.origin);
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const answer = await this.#authorized({ ...call, url }, url, signal);
      if (call.accept.includes(answer.status)) return answer;
      const location = answer.headers.location;
      const follows = (call.method === 'GET' || call.method === 'HEAD') && location !== undefined;
      if (!follows || !redirects.has(answer.status)) throw await this.#failure(answer);
      await answer.discard();
      url = resolveLocation(location, url);
    }
    throw new SlipwayError('REGISTRY_REDIRECT', `${this.host} redirects more than ${maxRedirects} times`, {
      hint: 'Check the configuration of the registry or of the proxy in front of it.',
    });
  }

  async #authorized(call: Call, url: URL, signal: AbortSignal): Promise<Incoming> {
    const own = url.origin === this.origin.origin;
    const key = call.scopes.join(' ');
    const known = own ? this.#authorizations.get(key) : undefined;
    const first = await this.#send(call, url, await known, signal);
    if (first.status !== 401 || !own) return first;
    const challenge = chooseChallenge(first.headers['www-authenticate']);
    if (challenge === undefined) return first;
    const credentials = await this.#credentials(this.host);
    const cannot = challenge.scheme === 'basic' && (credentials === undefined || 'identityToken' in credentials);
    if (cannot) return first;
    await first.discard();
    // Another request may have renewed it meanwhile; asking twice would be asking for nothing.
    let renewed = this.#authorizations.get(key);
    if (renewed === undefined || renewed === known) {
      renewed = this.#authorization(challenge, call.scopes, credentials, signal);
      this.#authorizations.set(key, renewed);
      renewed.catch(() => this.#authorizations.delete(key));
    }
    return this.#send(call, url, await renewed, signal); // a second 401 is the answer: no loop
  }

  async #authorization(
    challenge: { scheme: string; parameters: Readonly<Record<string, string>> },
    scopes: readonly string[],
    credentials: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    if (challenge.scheme === 'basic' && credentials !== undefined && 'username' in credentials) {
      return basic(credentials.username, credentials.password);
    }
    return `Bearer ${await fetchToken(this.#transport, this.origin, challenge, scopes, credentials, signal)}`;
  }

  #send(call: Call, url: URL, authorization: string | undefined, signal: AbortSignal): Promise<Incoming> {
    return this.#transport.send({
      method: call.method,
      url,
      headers: { ...call.headers, ...(authorization === undefined ? {} : { authorization }) },
      ...(call.body === undefined ? {} : { body: call.body }),
      signal,
    });
  }

  async #failure(answer: Incoming): Promise<RegistryError> {
    const credentials = await this.#credentials(this.host);
    const who = credentials === undefined ? 'without credentials' : `with the credentials of ${credentials.source}`;
    return failureOf(answer, this.host, who);
  }
}
