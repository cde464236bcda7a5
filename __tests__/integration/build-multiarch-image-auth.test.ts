import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ImageGraph } from '../../src/core/oci/graph.ts';
import { run } from '../../src/core/process.ts';
import { RegistryClient } from '../../src/core/registry/client.ts';
import { type CredentialSource, given } from '../../src/core/registry/credentials.ts';
import { pushImage, writeTags } from '../../src/core/registry/push.ts';
import { parseRepository } from '../../src/core/registry/reference.ts';
import { describeImages, freshRepository, temporary } from './build-multiarch-image.ts';
import { smallImage } from './build-multiarch-image-graph.ts';
import { type Asked, type Fault, startProxy } from './registry-proxy.ts';

const timeout = 60_000;
const basic = `Basic ${Buffer.from('me:right').toString('base64')}`;

/** A token service (distribution's token specification) that writes down who asked for what. */
class TokenService {
  readonly asked: { authorization: string | undefined; scopes: string[]; service: string | null }[] = [];
  readonly #valid = new Map<string, { scopes: string[]; uses: number }>();
  readonly #server: Server;
  /** How often a token is good. */
  uses = Number.POSITIVE_INFINITY;
  /** What it says of that, in seconds. */
  expiresIn = 60;
  /** Answers so many requests with 503 first. */
  unavailable = 0;

  constructor() {
    this.#server = createServer((incoming, outgoing) => {
      const query = new URL(incoming.url ?? '/', 'http://x').searchParams;
      const { authorization } = incoming.headers;
      this.asked.push({ authorization, scopes: query.getAll('scope'), service: query.get('service') });
      if (this.unavailable-- > 0) {
        outgoing.writeHead(503).end();
        return;
      }
      if (authorization !== undefined && authorization !== basic) {
        outgoing.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}');
        return;
      }
      const token = `token-${this.asked.length}`;
      // Without credentials one may read only.
      const scopes = query.getAll('scope').map(scope => (authorization ? scope : scope.replace(/:[\w,]+$/, ':pull')));
      this.#valid.set(token, { scopes, uses: this.uses });
      outgoing.end(JSON.stringify({ token, expires_in: this.expiresIn }));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** What a registry that trusts this service does with a request. */
  guard(realm: string, asked: Asked): Fault | undefined {
    const [, path = ''] = /^\/v2\/(.+?)\/(?:manifests|blobs)\//.exec(asked.path) ?? [];
    const write = !['HEAD', 'GET'].includes(asked.method);
    const wanted = `repository:${path}:${write ? 'pull,push' : 'pull'}`;
    const token = this.#valid.get(asked.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (token !== undefined && token.uses-- > 0) {
      const rights = token.scopes.find(scope => scope.startsWith(`repository:${path}:`)) ?? '';
      if (!write || rights.endsWith('pull,push')) return undefined;
      return { status: 403, body: '{"errors":[{"code":"DENIED","message":"read only"}]}' };
    }
    return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="lab",scope="${wanted}"` } };
  }
}

await describeImages('pushing with authentication', (lab, tools) => {
  const { host, url } = lab.registry;
  const signal = new AbortController().signal;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let graph: ImageGraph;
  beforeAll(async () => {
    folder = await temporary();
    graph = await smallImage(folder.path, 'auth');
  });
  afterAll(async () => await folder[Symbol.asyncDispose]());

  async function push(proxyHost: string, sources: readonly CredentialSource[], count = 1, concurrency = 4) {
    using client = new RegistryClient({ credentials: sources, insecure: false, concurrency });
    const repositories = Array.from({ length: count }, () => parseRepository(freshRepository(proxyHost)));
    const pushed = await pushImage(client, graph, repositories, { signal });
    await writeTags(
      client,
      graph,
      repositories.map(repository => ({ repository, tags: ['v1'] })),
      signal,
    );
    return pushed;
  }
  const validate = (path: string) =>
    run([tools.crane, 'validate', '--insecure', '--remote', `${host}/${path}:v1`], { timeout });

  describe('a registry with a token service', () => {
    async function withService(options: { uses?: number } = {}) {
      const service = new TokenService();
      if (options.uses !== undefined) service.uses = options.uses;
      const realm = await service.listen();
      const proxy = await startProxy(url, { fault: asked => service.guard(realm, asked) });
      return {
        service,
        proxy,
        [Symbol.asyncDispose]: async () => {
          service.close();
          await proxy[Symbol.asyncDispose]();
        },
      };
    }

    test(
      'takes a push with one token, and credentials go to the service only',
      async () => {
        await using lab = await withService();
        const [pushed] = await push(lab.proxy.host, [given(lab.proxy.host, 'me', 'right')]);
        await validate(pushed!.repository.path);
        const scope = `repository:${pushed!.repository.path}:pull,push`;
        expect(lab.service.asked).toEqual([{ authorization: basic, scopes: [scope], service: 'lab' }]);
        expect(lab.proxy.asked.some(one => one.headers.authorization?.startsWith('Basic'))).toBe(false);
      },
      timeout,
    );

    test(
      'a token that ends in the middle of the push is renewed',
      async () => {
        await using lab = await withService({ uses: 4 });
        // One blob at a time: else others could use a new token up before the one that asked for it.
        const [pushed] = await push(lab.proxy.host, [given(lab.proxy.host, 'me', 'right')], 1, 1);
        await validate(pushed!.repository.path);
        expect(lab.service.asked.length).toBeGreaterThan(2);
      },
      timeout,
    );

    test(
      'a token that ends in the middle of a blob’s chunks is renewed, and the upload goes on',
      async () => {
        await using lab = await withService({ uses: 4 });
        await using folder = await temporary();
        const large = await smallImage(folder.path, `chunks-${Date.now()}`);
        using client = new RegistryClient({
          credentials: [given(lab.proxy.host, 'me', 'right')],
          insecure: false,
          chunk: 40,
          concurrency: 1, // else another blob could use a new token up first
        });
        const repository = parseRepository(freshRepository(lab.proxy.host));
        await pushImage(client, large, [repository], { signal });
        await writeTags(client, large, [{ repository, tags: ['v1'] }], signal);
        await validate(repository.path);
        expect(lab.service.asked.length).toBeGreaterThan(5);
        expect(lab.proxy.asked.filter(one => one.kind === 'get-upload')).toEqual([]);
      },
      timeout,
    );

    test(
      'a token is renewed before it ends: only the first request of a push is a 401',
      async () => {
        await using lab = await withService();
        lab.service.expiresIn = 0.05;
        const [pushed] = await push(lab.proxy.host, [given(lab.proxy.host, 'me', 'right')], 2);
        await validate(pushed!.repository.path);
        expect(lab.service.asked.length).toBeGreaterThan(2);
        expect(lab.proxy.asked.filter(one => one.headers.authorization === undefined)).toHaveLength(1);
      },
      timeout,
    );

    test(
      'a login that fails in passing is tried again',
      async () => {
        await using lab = await withService();
        lab.service.unavailable = 2;
        const [pushed] = await push(lab.proxy.host, [given(lab.proxy.host, 'me', 'right')]);
        await validate(pushed!.repository.path);
        expect(lab.service.asked).toHaveLength(3);
      },
      timeout,
    );

    test(
      'a mount asks for both repositories',
      async () => {
        await using lab = await withService();
        const pushed = await push(lab.proxy.host, [given(lab.proxy.host, 'me', 'right')], 2);
        expect(new Set(pushed[1]!.blobs.map(blob => blob.how))).toEqual(new Set(['mounted']));
        const [first, second] = pushed.map(one => one.repository.path);
        expect(lab.service.asked.map(one => one.scopes)).toContainEqual([
          `repository:${second}:pull,push`,
          `repository:${first}:pull`,
        ]);
      },
      timeout,
    );

    test(
      'a wrong password is an error that names its source, not the password',
      async () => {
        await using lab = await withService();
        const failure = push(lab.proxy.host, [given(lab.proxy.host, 'me', 'wrong-secret')]);
        await expect(failure).rejects.toMatchObject({
          code: 'REGISTRY_UNAUTHORIZED',
          message: expect.stringMatching(/the inputs.*wrong password/),
        });
        await expect(failure).rejects.toMatchObject({ message: expect.not.stringContaining('wrong-secret') });
      },
      timeout,
    );

    test(
      'without credentials a push is forbidden',
      async () => {
        await using lab = await withService();
        await expect(push(lab.proxy.host, [])).rejects.toMatchObject({
          code: 'REGISTRY_FORBIDDEN',
          message: expect.stringContaining('without credentials'),
        });
      },
      timeout,
    );

    test(
      'a registry that answers 401 whatever the token is asked twice, not for ever',
      async () => {
        const service = new TokenService();
        const realm = await service.listen();
        const challenge = { 'www-authenticate': `Bearer realm="${realm}",service="lab"` };
        await using proxy = await startProxy(url, { fault: () => ({ status: 401, headers: challenge }) });
        await expect(push(proxy.host, [given(proxy.host, 'me', 'right')])).rejects.toMatchObject({
          code: 'REGISTRY_UNAUTHORIZED',
        });
        service.close();
        expect([proxy.asked.length, service.asked.length]).toEqual([2, 1]);
      },
      timeout,
    );
  });

  describe('a registry with basic authentication', () => {
    const fault = ({ headers }: Asked): Fault | undefined =>
      headers.authorization === basic
        ? undefined
        : { status: 401, headers: { 'www-authenticate': 'Basic realm="lab"' } };

    test(
      'takes the right password',
      async () => {
        await using proxy = await startProxy(url, { fault });
        const [pushed] = await push(proxy.host, [given(proxy.host, 'me', 'right')]);
        await validate(pushed!.repository.path);
      },
      timeout,
    );

    test.each<[string, CredentialSource[]]>([
      ['a wrong one', [async () => ({ username: 'me', password: 'wrong', source: 'a test' })]],
      ['none', []],
      ['that of another registry', [given('other.example.com', 'me', 'right')]],
    ])(
      'refuses %s after at most two questions',
      async (_, sources) => {
        await using proxy = await startProxy(url, { fault });
        await expect(push(proxy.host, sources)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
        expect(proxy.asked.length).toBeLessThanOrEqual(2);
      },
      timeout,
    );

    test(
      'its credentials do not follow a Location to another origin',
      async () => {
        await using storage = await startProxy(url);
        await using proxy = await startProxy(url, {
          fault,
          location: location =>
            location.includes('/uploads/') ? location.replace(/\/\/[^/]+/, `//${storage.host}`) : location,
        });
        const [pushed] = await push(proxy.host, [given(proxy.host, 'me', 'right')]);
        await validate(pushed!.repository.path);
        expect(storage.asked.map(one => one.kind)).toEqual(Array(5).fill('put-upload'));
        expect(storage.asked.filter(one => one.headers.authorization !== undefined)).toEqual([]);
      },
      timeout,
    );
  });
});
