import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Descriptor } from '../../src/core/oci/descriptor.ts';
import type { ImageGraph } from '../../src/core/oci/graph.ts';
import { run } from '../../src/core/process.ts';
import { RegistryClient } from '../../src/core/registry/client.ts';
import { pushImage, writeTags } from '../../src/core/registry/push.ts';
import { parseRepository, type Repository } from '../../src/core/registry/reference.ts';
import { registrySource } from '../../src/core/registry/source.ts';
import { describeImages, freshRepository, temporary } from '../integration/build-multiarch-image.ts';
import { smallImage } from '../integration/build-multiarch-image-graph.ts';
import { type Asked, type Fault, type Kind, type Rules, startProxy } from '../integration/registry-proxy.ts';

const timeout = 60_000;

await describeImages('pulling through faults', (lab, tools) => {
  const { host, url } = lab.registry;
  const signal = new AbortController().signal;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let graph: ImageGraph;
  let layer: Descriptor;
  let stored: Repository;
  beforeAll(async () => {
    folder = await temporary();
    // Other content each time: the lab's registry keeps what earlier runs pushed.
    graph = await smallImage(folder.path, `pull-${randomBytes(8).toString('hex')}`);
    layer = graph.manifests[0]!.blobs[1]!.descriptor;
    stored = parseRepository(freshRepository(host));
    using client = new RegistryClient({ credentials: [], insecure: [host] });
    await pushImage(client, graph, [stored], { signal });
    await writeTags(client, graph, [{ repository: stored, tags: ['v1'] }], signal);
  });
  afterAll(async () => await folder[Symbol.asyncDispose]());

  /** Reads the index, a manifest and a layer through a proxy with these rules. */
  async function pull(rules: Rules) {
    await using proxy = await startProxy(url, rules);
    const retries: string[] = [];
    using client = new RegistryClient({ credentials: [], insecure: false, onRetry: message => retries.push(message) });
    const source = registrySource(client, parseRepository(`${proxy.host}/${stored.path}`));
    let error: unknown;
    try {
      const index = await source.manifest('v1', signal);
      expect(index.descriptor.digest).toBe(graph.descriptor.digest);
      await source.manifest(graph.manifests[0]!.descriptor.digest, signal);
      expect(await source.read(layer, signal)).toHaveLength(layer.size);
    } catch (thrown) {
      error = thrown;
    }
    return { error, retries, asked: proxy.asked };
  }

  const faults: [string, Fault][] = [
    ['a reset', 'reset'],
    ['502', { status: 502 }],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }],
    ['a body that ends early', { status: 200, headers: { 'content-length': '500' }, body: '{"mani', broken: true }],
  ];
  describe.each(faults)('%s passes', (_, fault) => {
    test.each<Kind>(['get-manifest', 'get-blob'])(
      'at %s',
      async kind => {
        const done = await pull({ fault: asked => (asked.kind === kind && asked.before === 0 ? fault : undefined) });
        expect(done).toMatchObject({ error: undefined, retries: [expect.stringContaining('trying again')] });
      },
      timeout,
    );
  });

  const index = 'application/vnd.oci.image.index.v1+json';
  const bare = JSON.stringify({ schemaVersion: 2, manifests: [] });
  test.each<[string, Kind, Fault, string]>([
    ['other bytes for a digest', 'get-blob', { status: 200, body: 'x'.repeat(20) }, 'DIGEST_MISMATCH'],
    ['endless bytes for a digest', 'get-blob', { status: 200, body: 'x'.repeat(1_000_000) }, 'DIGEST_MISMATCH'],
    [
      'a manifest that is not what its digest header says',
      'get-manifest',
      {
        status: 200,
        headers: { 'content-type': index, 'docker-content-digest': `sha256:${'a'.repeat(64)}` },
        body: bare,
      },
      'DIGEST_MISMATCH',
    ],
    ['a manifest without media type', 'get-manifest', { status: 200, body: bare }, 'MANIFEST_INVALID'],
    ['a manifest that is a page', 'get-manifest', { status: 200, body: '<html>login</html>' }, 'MANIFEST_INVALID'],
    ['a manifest that is too large', 'get-manifest', { status: 200, body: ' '.repeat(5 << 20) }, 'ANSWER_TOO_LARGE'],
    ['404', 'get-manifest', { status: 404 }, 'REGISTRY_NOT_FOUND'],
    ['403', 'get-blob', { status: 403 }, 'REGISTRY_FORBIDDEN'],
    ['a redirect without end', 'get-blob', { status: 307, headers: { location: '?again' } }, 'REGISTRY_REDIRECT'],
  ])(
    '%s is an error with its reason',
    async (_, kind, fault, code) => {
      const done = await pull({ fault: asked => (asked.kind === kind ? fault : undefined) });
      expect(done.error).toMatchObject({ code, message: expect.stringContaining(stored.path) });
    },
    timeout,
  );

  describe('copying from one registry to another', () => {
    /** Pushes the stored image anew, its blobs read through a proxy: as layers of a base are. */
    async function copy(fault: (asked: Asked) => Fault | undefined) {
      await using proxy = await startProxy(url, { fault });
      using client = new RegistryClient({ credentials: [], insecure: [host] });
      const source = registrySource(client, parseRepository(`${proxy.host}/${stored.path}`));
      const manifests = graph.manifests.map(node => ({
        ...node,
        blobs: node.blobs.map(({ descriptor }) => ({
          descriptor,
          open: (limited: AbortSignal) => source.blob(descriptor, limited),
        })),
      }));
      const to = parseRepository(freshRepository(host));
      const copied = (async () => {
        await pushImage(client, { ...graph, manifests }, [to], { signal });
        await writeTags(client, graph, [{ repository: to, tags: ['v1'] }], signal);
      })();
      const error = await copied.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const { status } = await fetch(`${url}/v2/${to.path}/manifests/v1`, { headers: { accept: index } });
      return { error, status, to, asked: proxy.asked };
    }

    test.each<[string, Fault]>([
      ['a reset', 'reset'],
      ['a blob that breaks off', { status: 200, headers: { 'content-length': '60' }, body: 'broken', broken: true }],
    ])(
      '%s at the source passes',
      async (_, fault) => {
        const done = await copy(({ kind, before }) => (kind === 'get-blob' && before < 2 ? fault : undefined));
        expect(done).toMatchObject({ error: undefined, status: 200 });
        const name = `${done.to.host}/${done.to.path}:v1`;
        await run([tools.crane, 'validate', '--insecure', '--remote', name], { timeout });
      },
      timeout,
    );

    test(
      'a blob that is another one ends the push, and no tag is written',
      async () => {
        const bytes = await bytesOf(layer);
        bytes[bytes.length - 1]! ^= 1;
        const done = await copy(({ kind, path }) =>
          kind === 'get-blob' && path.endsWith(layer.digest) ? { status: 200, body: bytes } : undefined,
        );
        expect(done).toMatchObject({ error: { code: 'DIGEST_MISMATCH' }, status: 404 });
      },
      timeout,
    );

    async function bytesOf({ digest }: Descriptor): Promise<Buffer> {
      const blob = graph.manifests[0]!.blobs.find(one => one.descriptor.digest === digest)!;
      return buffer(await blob.open(signal));
    }
  });
});
