import { SlipwayError } from '../errors.ts';
import { type Challenge, chooseChallenge } from './challenge.ts';
import type { CredentialSource } from './credentials.ts';
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
/** Those that keep the method and the body (RFC 9110, 15.4). */
const sameMethod = new Set([307, 308]);

/** The value of the header, and when it ends by this machine’s clock. */
interface Authorization {
  readonly header: string;
  readonly until: number;
}

/** Everything said to one registry: authentication, redirects, retries. */
export class Session {
  readonly origin: URL;
  readonly host: string;
  readonly #transport: Transport;
  readonly #credentials: CredentialSource;
  readonly #onRetry: (message: string) => void;
  /** Scopes → the Authorization header that is good for them. */
  readonly #authorizations = new Map<string, Promise<Authorization>>();
  /** What the registry asked for the last time: further scopes need no 401 to find it out. */
  #challenge: Challenge | undefined;

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
      const safe = call.method === 'GET' || call.method === 'HEAD';
      const follows = safe ? redirects.has(answer.status) : sameMethod.has(answer.status);
      if (location === undefined || !follows) throw await this.#failure(answer);
      await answer.discard();
      url = resolveLocation(location, url);
    }
    throw new SlipwayError('REGISTRY_REDIRECT', `${this.host} redirects more than ${maxRedirects} times`, {
      hint: 'Check the configuration of the registry or of the proxy in front of it.',
    });
  }

  async #authorized(call: Call, url: URL, signal: AbortSignal): Promise<Incoming> {
    if (url.origin !== this.origin.origin) return this.#send(call, url, undefined, signal);
    let authorization = await this.#ahead(call.scopes, signal);
    for (let asked = false; ; ) {
      const answer = await this.#send(call, url, authorization?.header, signal);
      if (answer.status !== 401 || asked) return answer; // a 401 to what was asked for just now is the answer: no loop
      const challenge = chooseChallenge(answer.headers['www-authenticate']);
      if (challenge === undefined) return answer;
      const credentials = await this.#credentials(this.host);
      const cannot = challenge.scheme === 'basic' && (credentials === undefined || 'identityToken' in credentials);
      if (cannot) return answer;
      await answer.discard();
      this.#challenge = challenge;
      // Another request may have renewed it meanwhile; asking twice would be asking for nothing.
      const current = await this.#authorizations.get(call.scopes.join(' '));
      asked = current === undefined || current === authorization;
      authorization = asked ? await this.#authorize(call.scopes, signal) : current;
    }
  }

  /** The authorization for these scopes, where the registry has said what it wants; renewed before it ends. */
  async #ahead(scopes: readonly string[], signal: AbortSignal): Promise<Authorization | undefined> {
    const current = this.#authorizations.get(scopes.join(' '));
    const known = await current;
    if (known !== undefined && known.until > Date.now()) return known;
    if (this.#challenge === undefined) return undefined;
    const newer = this.#authorizations.get(scopes.join(' '));
    return newer === current ? this.#authorize(scopes, signal) : newer;
  }

  #authorize(scopes: readonly string[], signal: AbortSignal): Promise<Authorization> {
    const key = scopes.join(' ');
    const asked = this.#authorization(this.#challenge!, scopes, signal);
    this.#authorizations.set(key, asked);
    asked.catch(() => {
      if (this.#authorizations.get(key) === asked) this.#authorizations.delete(key);
    });
    return asked;
  }

  async #authorization(challenge: Challenge, scopes: readonly string[], signal: AbortSignal): Promise<Authorization> {
    const credentials = await this.#credentials(this.host);
    if (challenge.scheme === 'basic' && credentials !== undefined && 'username' in credentials) {
      return { header: basic(credentials.username, credentials.password), until: Number.POSITIVE_INFINITY };
    }
    const begun = Date.now();
    const { token, seconds } = await fetchToken(this.#transport, this.origin, challenge, scopes, credentials, signal);
    return { header: `Bearer ${token}`, until: begun + seconds * 900 }; // a tenth early: a body may be long on its way
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
