import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ImageGraph } from '../../src/core/oci/graph.ts';
import { run } from '../../src/core/process.ts';
import { RegistryClient } from '../../src/core/registry/client.ts';
import { pushImage, writeTags } from '../../src/core/registry/push.ts';
import { parseRepository } from '../../src/core/registry/reference.ts';
import { describeImages, freshRepository, temporary } from '../integration/build-multiarch-image.ts';
import { smallImage } from '../integration/build-multiarch-image-graph.ts';
import { type Fault, type Kind, type RegistryProxy, type Rules, startProxy } from '../integration/registry-proxy.ts';

const timeout = 60_000;

await describeImages('pushing through faults', (lab, tools) => {
  const { host, url } = lab.registry;
  const signal = new AbortController().signal;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let graph: ImageGraph;
  beforeAll(async () => {
    folder = await temporary();
    graph = await smallImage(folder.path, 'faults');
  });
  afterAll(async () => await folder[Symbol.asyncDispose]());

  interface Pushed {
    readonly proxy: RegistryProxy;
    /** In the registry itself. */
    readonly repository: string;
    readonly error: unknown;
    readonly retries: readonly string[];
  }

  /** Pushes through a proxy with these rules; the tag is `v1`. */
  async function push(rules: Rules, options: { signal?: AbortSignal } = {}): Promise<Pushed> {
    await using proxy = await startProxy(url, rules);
    const through = freshRepository(proxy.host);
    const retries: string[] = [];
    using client = new RegistryClient({ credentials: [], insecure: false, onRetry: message => retries.push(message) });
    const repositories = [parseRepository(through)];
    const limited = options.signal ?? signal;
    let error: unknown;
    try {
      await pushImage(client, graph, repositories, { signal: limited });
      await writeTags(
        client,
        graph,
        repositories.map(repository => ({ repository, tags: ['v1'] })),
        limited,
      );
    } catch (thrown) {
      error = thrown;
    }
    return { proxy, repository: through.replace(proxy.host, host), error, retries };
  }

  const tagStatus = async (repository: string) => {
    const accept = 'application/vnd.oci.image.index.v1+json';
    const path = repository.slice(host.length + 1);
    return (await fetch(`${url}/v2/${path}/manifests/v1`, { headers: { accept } })).status;
  };
  const validate = (repository: string) =>
    run([tools.crane, 'validate', '--insecure', '--remote', `${repository}:v1`], { timeout });

  const kinds: Kind[] = [
    'head-manifest',
    'head-blob',
    'post-upload',
    'put-upload',
    'put-manifest',
    'head-tag',
    'put-tag',
  ];
  const faults: [string, Fault][] = [
    ['a reset', 'reset'],
    ['502', { status: 502, body: '<html>bad gateway</html>' }],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }],
  ];

  describe.each(faults)('%s passes', (_, fault) => {
    test.each(kinds)(
      'at %s',
      async kind => {
        const done = await push({ fault: asked => (asked.kind === kind && asked.before === 0 ? fault : undefined) });
        expect(done.error).toBeUndefined();
        expect(done.retries.length).toBeGreaterThan(0);
        await validate(done.repository);
      },
      timeout,
    );
  });

  test(
    'Retry-After is waited for',
    async () => {
      const times: number[] = [];
      const done = await push({
        fault: ({ kind }) => {
          if (kind !== 'post-upload') return undefined;
          times.push(Date.now());
          return times.length === 1 ? { status: 429, headers: { 'retry-after': '2' } } : undefined;
        },
      });
      expect(done.error).toBeUndefined();
      const first = times[0]!;
      // The others of the first round came at once; the try after the 429 did not.
      expect(times.some(time => time - first >= 2000)).toBe(true);
    },
    timeout,
  );

  test.each<[string, Kind, Fault, string]>([
    [
      '403',
      'post-upload',
      { status: 403, body: '{"errors":[{"code":"DENIED","message":"no write access"}]}' },
      'REGISTRY_FORBIDDEN',
    ],
    [
      '404',
      'post-upload',
      { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN","message":"create it first"}]}' },
      'REGISTRY_NOT_FOUND',
    ],
    ['413', 'put-upload', { status: 413 }, 'REGISTRY_TOO_LARGE'],
    ['401 without a challenge', 'head-manifest', { status: 401 }, 'REGISTRY_UNAUTHORIZED'],
    ['403 at the manifest', 'put-manifest', { status: 403 }, 'REGISTRY_FORBIDDEN'],
    ['403 at the tag', 'put-tag', { status: 403 }, 'REGISTRY_FORBIDDEN'],
  ])(
    '%s is an error at once, and no tag is written',
    async (_, kind, fault, code) => {
      const done = await push({ fault: asked => (asked.kind === kind ? fault : undefined) });
      expect(done.error).toMatchObject({ code, hint: expect.stringMatching(/./) });
      const { body } = fault as { body?: string };
      if (body !== undefined) expect((done.error as Error).message).toContain(JSON.parse(body).errors[0].message);
      expect(done.retries).toEqual([]);
      expect(await tagStatus(done.repository)).toBe(404);
    },
    timeout,
  );

  test.each<[string, Kind, Fault, string]>([
    ['503 for every upload', 'put-upload', { status: 503 }, 'REGISTRY_UNAVAILABLE'],
    ['a reset of every manifest', 'put-manifest', 'reset', 'REGISTRY_UNREACHABLE'],
  ])(
    '%s ends after some tries, and no tag is written',
    async (_, kind, fault, code) => {
      const done = await push({ fault: asked => (asked.kind === kind ? fault : undefined) });
      expect(done.error).toMatchObject({ code, message: expect.stringContaining('6 tries') });
      expect(await tagStatus(done.repository)).toBe(404);
    },
    timeout,
  );

  test(
    'a Retry-After beyond all patience is an error, not a wait',
    async () => {
      const begun = Date.now();
      const done = await push({
        fault: ({ kind }) =>
          kind === 'head-manifest' ? { status: 429, headers: { 'retry-after': '3600' } } : undefined,
      });
      expect(done.error).toMatchObject({ code: 'REGISTRY_BUSY' });
      expect(Date.now() - begun).toBeLessThan(5000);
    },
    timeout,
  );

  test(
    'cancelling ends a push that waits',
    async () => {
      const cancel = new AbortController();
      const reason = new Error('cancelled here');
      const fault = ({ kind }: { kind: Kind }): Fault | undefined => {
        if (kind !== 'post-upload') return undefined;
        setTimeout(() => cancel.abort(reason), 50);
        return { status: 429, headers: { 'retry-after': '30' } };
      };
      const begun = Date.now();
      const done = await push({ fault }, { signal: cancel.signal });
      expect(done.error).toBe(reason);
      expect(Date.now() - begun).toBeLessThan(3000);
      expect(await tagStatus(done.repository)).toBe(404);
    },
    timeout,
  );

  test(
    'an upload whose session the registry forgot begins anew',
    async () => {
      const done = await push({
        fault: ({ kind, before }) =>
          kind === 'put-upload' && before === 0
            ? { status: 404, body: '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"unknown"}]}' }
            : undefined,
      });
      expect(done.error).toBeUndefined();
      await validate(done.repository);
    },
    timeout,
  );

  test(
    'a relative Location is followed',
    async () => {
      const done = await push({
        location: location => {
          const { pathname, search } = new URL(location);
          return `${pathname}${search}`;
        },
      });
      expect(done.error).toBeUndefined();
      await validate(done.repository);
    },
    timeout,
  );

  test(
    'an upload that is sent to another path with 307 keeps its method and its bytes',
    async () => {
      const moved = new Set<string>();
      const done = await push({
        fault: ({ kind, path }) => {
          if (kind !== 'post-upload' && kind !== 'put-upload') return undefined;
          const [name, query = ''] = path.split('?');
          if (query.includes('moved=1') || moved.has(name!)) return undefined;
          moved.add(name!);
          return { status: 307, headers: { location: `${name}?${query}${query === '' ? '' : '&'}moved=1` } };
        },
      });
      expect(done).toMatchObject({ error: undefined, retries: [] });
      await validate(done.repository);
    },
    timeout,
  );

  test(
    'a registry that stores other bytes is found out, and no tag is written',
    async () => {
      const digest = `sha256:${'b'.repeat(64)}`;
      const done = await push({
        fault: ({ kind }) =>
          kind === 'put-manifest' ? { status: 201, headers: { 'docker-content-digest': digest } } : undefined,
      });
      expect(done.error).toMatchObject({ code: 'DIGEST_MISMATCH' });
      expect(await tagStatus(done.repository)).toBe(404);
    },
    timeout,
  );

  test(
    'every digest is uploaded once, however many platforms share it',
    async () => {
      const { proxy } = await push({});
      const digests = proxy.asked
        .filter(one => one.kind === 'put-upload')
        .map(one => new URL(one.path, url).searchParams.get('digest'));
      expect(digests).toHaveLength(5);
      expect(new Set(digests).size).toBe(5);
    },
    timeout,
  );

  test(
    'a second repository of the registry mounts from the first',
    async () => {
      await using proxy = await startProxy(url);
      using client = new RegistryClient({ credentials: [], insecure: false });
      const repositories = [freshRepository(proxy.host), freshRepository(proxy.host)].map(parseRepository);
      const pushed = await pushImage(client, graph, repositories, { signal });
      expect(pushed.map(one => [...new Set(one.blobs.map(blob => blob.how))])).toEqual([['uploaded'], ['mounted']]);
      expect(proxy.asked.filter(one => one.kind === 'put-upload')).toHaveLength(5);
    },
    timeout,
  );

  test(
    'two registries are served at once, each with one upload of a digest and mounts for its second repository',
    async () => {
      await using one = await startProxy(url, { delay: 30 });
      await using other = await startProxy(url, { delay: 30 });
      using client = new RegistryClient({ credentials: [], insecure: false });
      const repositories = [one, other, one, other].map(({ host }) => parseRepository(freshRepository(host)));
      const pushed = await pushImage(client, graph, repositories, { signal });
      expect(pushed.map(({ repository }) => repository)).toEqual(repositories);
      const hows = pushed.map(({ blobs }) => [...new Set(blobs.map(({ how }) => how))]);
      expect(hows).toEqual([['uploaded'], ['uploaded'], ['mounted'], ['mounted']]);
      for (const proxy of [one, other]) {
        expect(proxy.asked.filter(({ kind }) => kind === 'put-upload')).toHaveLength(5);
      }
    },
    timeout,
  );

  test(
    'a registry that fails ends the push to the others, and no tag is written anywhere',
    async () => {
      await using bad = await startProxy(url, {
        fault: ({ kind }) => (kind === 'post-upload' ? { status: 403 } : undefined),
      });
      await using slow = await startProxy(url, { delay: 200 });
      using client = new RegistryClient({ credentials: [], insecure: false });
      const repositories = [slow, bad].map(({ host }) => parseRepository(freshRepository(host)));
      await expect(pushImage(client, graph, repositories, { signal })).rejects.toMatchObject({
        code: 'REGISTRY_FORBIDDEN',
      });
      expect(slow.asked.filter(({ kind }) => kind.startsWith('put'))).toEqual([]);
    },
    timeout,
  );
});
