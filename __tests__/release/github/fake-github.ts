import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as bodyText } from 'node:stream/consumers';
import { GitHubApi } from '../../../src/release/github/api.ts';
import { answerProblems, operationOf, requestProblems } from './description.ts';
import { FakeRepository } from './fake-repository.ts';

/** What goes wrong at the next request that fits. */
export interface Fault {
  /** Of the operation's name: `POST /repos/{owner}/{repo}/deployments`. */
  readonly at: RegExp;
  /**
   * `reset-before`: cut before the request is carried out; `reset-after`: instead of its answer; `torn`: amid an upload,
   * which leaves an asset without content; `hang`: never answered.
   */
  readonly what:
    | 'reset-before'
    | 'reset-after'
    | 'torn'
    | 'hang'
    | { status: number; headers?: Record<string, string>; body?: unknown };
  /** How often; default once. */
  times?: number;
}

export interface Seen {
  /** Operation and its path's last parameter: `POST …/deployments/{deployment_id}/statuses`. */
  readonly name: string;
  readonly body: unknown;
}

/** The permission that GitHub asks for, from its documentation of each operation. */
const permissions: [RegExp, string][] = [
  [/\/deployments/, 'deployments'],
  [/\/statuses\//, 'statuses'],
  [/\/comments/, 'issues, pull_requests'],
  [/\/issues/, 'issues'],
  [/\/(releases|git)/, 'contents'],
  [/\/actions/, 'actions'],
];

/**
 * GitHub's API as far as we use it. Each request and each answer is held against GitHub's OpenAPI description; whatever
 * it has against one stands in `problems`, which a test expects to be empty.
 */
export class FakeGitHub {
  readonly repository: FakeRepository;
  readonly seen: Seen[] = [];
  readonly problems: string[] = [];
  readonly faults: Fault[] = [];
  /** As a workflow's `permissions`; what is not named is not there. */
  permissions: Record<string, 'read' | 'write'> = {
    actions: 'read',
    contents: 'write',
    deployments: 'write',
    issues: 'write',
    statuses: 'write',
  };
  readonly #server: Server;
  readonly #apis: GitHubApi[] = [];
  #onHang: () => void = () => undefined;
  /** When a request hangs. */
  readonly hanging = new Promise<void>(resolve => {
    this.#onHang = resolve;
  });

  private constructor(server: Server) {
    this.#server = server;
    this.repository = new FakeRepository(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  static async start(): Promise<FakeGitHub> {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const fake = new FakeGitHub(server);
    server.on('request', (request, response) => {
      fake.#serve(request, response).catch(error => {
        fake.problems.push(String(error?.stack ?? error));
        response.destroy();
      });
    });
    return fake;
  }

  /** The environment of a workflow that runs against it. */
  env(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      GITHUB_TOKEN: 'ghs_token',
      GITHUB_REPOSITORY: 'acme/hello',
      GITHUB_API_URL: this.repository.url,
      GITHUB_SERVER_URL: 'https://github.test',
      GITHUB_RUN_ID: '100',
      GITHUB_RUN_ATTEMPT: '1',
      ...more,
    };
  }

  /** A client of a run; pauses between tries are short. */
  api(place: ConstructorParameters<typeof GitHubApi>[0]): GitHubApi {
    const api = new GitHubApi(place, 1);
    this.#apis.push(api);
    return api;
  }

  /** The operations that changed something, in their order. */
  get written(): string[] {
    return this.seen.map(one => one.name).filter(name => !name.startsWith('GET'));
  }

  async stop(): Promise<void> {
    for (const api of this.#apis) api.close();
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.repository.url);
    const method = request.method ?? '';
    const operation = operationOf(method, url.pathname.replace('/api/uploads', ''));
    if (operation === undefined) {
      this.problems.push(`${method} ${url.pathname} is not described`);
      return void response.writeHead(404).end('{"message":"Not Found"}');
    }
    const name = operation.name.replace('/repos/{owner}/{repo}', '…');
    const fault = this.#fault(name);
    if (fault === 'reset-before') return void request.socket.destroy();
    if (fault === 'hang') return void this.#onHang();
    if (fault === 'torn') {
      await once(request, 'data');
      this.repository.tear(operation.path['release_id']!, url.searchParams.get('name')!);
      return void request.socket.destroy();
    }
    const type = request.headers['content-type'] ?? '';
    const raw =
      type === 'application/octet-stream' ? Buffer.concat(await Array.fromAsync(request)) : await bodyText(request);
    const body = Buffer.isBuffer(raw) ? raw : raw === '' ? undefined : JSON.parse(raw);
    this.#hold(name, [...requestProblems(operation, url.searchParams, type, body), ...headerProblems(request)]);
    this.seen.push({ name, body });
    const answer =
      typeof fault === 'object'
        ? { headers: {}, body: { message: 'a fault of the test' }, ...fault }
        : (this.#refusal(request, name) ?? this.repository.answer(name, operation.path, url.searchParams, body));
    if (fault === 'reset-after') return void request.socket.destroy();
    if (typeof fault !== 'object') this.#hold(name, answerProblems(operation, answer.status, answer.body));
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(
      answer.status === 204 ? undefined : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body),
    );
  }

  #hold(name: string, problems: string[]): void {
    this.problems.push(...problems.map(problem => `${name}: ${problem}`));
  }

  #fault(name: string): Fault['what'] | undefined {
    const fault = this.faults.find(one => one.at.test(name) && one.times !== 0);
    if (fault !== undefined) fault.times = (fault.times ?? 1) - 1;
    return fault?.what;
  }

  #refusal(request: IncomingMessage, name: string) {
    if (request.headers.authorization !== 'Bearer ghs_token')
      return { status: 401, headers: {}, body: { message: 'Bad credentials' } };
    const level = name.startsWith('GET') ? 'read' : 'write';
    const choices = permissions.find(([at]) => at.test(name))![1].split(', ');
    const granted = choices.map(one => this.permissions[one.replace('_', '-')]);
    if (granted.includes('write') || granted.includes(level)) return undefined;
    const accepted = choices.map(one => `${one}=${level}`).join('; ');
    const message = 'Resource not accessible by integration';
    return { status: 403, headers: { 'x-accepted-github-permissions': accepted }, body: { message, status: '403' } };
  }
}

function headerProblems({ headers }: IncomingMessage): string[] {
  const wanted = {
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
    'user-agent': 'slipway',
  };
  return Object.entries(wanted)
    .filter(([name, value]) => headers[name] !== value)
    .map(([name]) => `header ${name} is ${headers[name]}`);
}
