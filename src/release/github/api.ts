import { retry } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { isPassing } from '../../core/registry/patience.ts';
import { type Body, type Incoming, Transport } from '../../core/registry/transport.ts';
import { failureOf, GitHubError, type Permission } from './failure.ts';
import type { Place } from './place.ts';

/** One request. */
export interface Call {
  /** For errors: "creating the deployment to production". */
  readonly doing: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/repos/OWNER/NAME`, each part encoded; or a whole URL that GitHub gave. */
  readonly path: string | URL;
  readonly query?: Readonly<Record<string, string | number>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** A file's bytes. */
  readonly file?: Body | Buffer;
  /** What the token has to allow. */
  readonly needs: Permission;
}

export interface Trying {
  readonly doing: string;
  /** Milliseconds for all tries together. */
  readonly within: number;
  readonly signal: AbortSignal;
}

/** Characters of an answer that we read at the most. */
const longestAnswer = 32e6;

/**
 * GitHub's REST API for one repository. The connection is the registry client's, which knows proxies and cancellation.
 */
export class GitHubApi {
  readonly place: Place;
  readonly #transport = new Transport({ idle: 60_000 });
  readonly #pause: number;

  /** @param pause milliseconds before the second try */
  constructor(place: Place, pause = 1000) {
    this.place = place;
    this.#pause = pause;
  }

  /** One request, tried once. A POST that got no answer may have been carried out: only who knows how to look may repeat it. */
  async send<T>(call: Call, signal: AbortSignal): Promise<T> {
    const doing = `${call.doing} in ${this.place.repository}`;
    const answer = await this.#exchange(call, signal);
    const text = (await answer.bytes(longestAnswer)).toString('utf8');
    const body = parsed(text);
    if (answer.status >= 300)
      throw failureOf({ status: answer.status, headers: answer.headers, body }, doing, call.needs, Date.now());
    if (body === undefined && answer.status !== 204) throw notGitHub(doing, this.place);
    return body as T;
  }

  /** All of a list, a hundred at a time, at most `most` pages. */
  async list<T>(call: Omit<Call, 'method'>, most: number, signal: AbortSignal): Promise<T[]> {
    const found: T[] = [];
    for (let page = 1; page <= most; page++) {
      const query = { ...call.query, per_page: 100, page };
      const part = await this.send<T[]>({ ...call, method: 'GET', query }, signal);
      found.push(...part);
      if (part.length < 100) break;
    }
    return found;
  }

  /**
   * Tries a sequence of requests again as a whole while its failure may pass, and waits as long as GitHub asks for when
   * the time allows it. What creates something looks first whether an earlier try created it.
   */
  async trying<T>(task: (signal: AbortSignal) => Promise<T>, { doing, within, signal }: Trying): Promise<T> {
    try {
      return await retry(task, {
        doing,
        within,
        signal,
        attempts: 5,
        pause: this.#pause,
        retriable: error => (error instanceof GitHubError ? error.passing : isPassing(error)),
        wait: error => (error instanceof GitHubError ? error.wait : 0),
        onRetry: error =>
          log.info(`${error instanceof SlipwayError ? '' : `${doing}: `}${messageOf(error)}; trying again`),
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof SlipwayError && error.code !== 'RETRIES_EXHAUSTED') throw error;
      throw unreachable(doing, this.place, error);
    }
  }

  /** Ends the kept connections, so that the process can end. */
  close(): void {
    this.#transport.close();
  }

  #exchange(call: Call, signal: AbortSignal): Promise<Incoming> {
    const { token, repository, api } = this.place;
    const url = call.path instanceof URL ? new URL(call.path) : new URL(`${api}/repos/${repository}${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, String(value));
    const json = call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json));
    const body = call.file ?? json;
    return this.#transport.send({
      method: call.method,
      url,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'x-github-api-version': '2022-11-28',
        ...(body === undefined
          ? {}
          : { 'content-type': call.file === undefined ? 'application/json' : 'application/octet-stream' }),
      },
      ...(body === undefined ? {} : { body }),
      signal,
    });
  }
}

/** The JSON's data, or undefined when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(doing: string, { api }: Place, cause: unknown): SlipwayError {
  const said = messageOf(cause);
  return new SlipwayError('GITHUB_UNREACHABLE', said.startsWith(doing) ? said : `${doing}: ${said}`, {
    cause,
    hint: `Check that ${api} can be reached from here (HTTPS_PROXY, NODE_EXTRA_CA_CERTS), and run again.`,
  });
}

function notGitHub(doing: string, { api }: Place): SlipwayError {
  return new SlipwayError('GITHUB_ANSWER', `${doing}: what answers at ${api} does not speak GitHub's API`, {
    hint: 'Check GITHUB_API_URL, and the proxy in between.',
  });
}
