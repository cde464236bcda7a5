import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { artifactNode } from '../../src/core/oci/artifact.ts';
import { encode } from '../../src/core/oci/graph.ts';
import { mediaTypes } from '../../src/core/oci/media-types.ts';
import { attach } from '../../src/core/registry/attach.ts';
import { RegistryClient } from '../../src/core/registry/client.ts';
import { pushImage } from '../../src/core/registry/push.ts';
import { parseRepository } from '../../src/core/registry/reference.ts';
import { listReferrers, referrersTag } from '../../src/core/registry/referrers.ts';
import { freshRepository } from './build-multiarch-image.ts';
import { describeWith } from './lab.ts';
import { registryWithReferrers } from './registry-referrers.ts';
import { startSlowProxy } from './round-trips.ts';

const timeout = 60_000;
const { signal } = new AbortController();

await describeWith(['registry', 'peer:referrers-registry'], 'attaching to a manifest', lab => {
  const empty = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };
  const graph = { ...encode(mediaTypes.index, empty), manifests: [] };
  const { digest } = graph.descriptor;
  const nodeOf = (text: string) =>
    artifactNode({
      type: 'text/plain',
      bytes: Buffer.from(text),
      subject: graph.descriptor,
      annotations: { 'test.name': text },
    });
  let withApi: Awaited<ReturnType<typeof registryWithReferrers>>;
  let client: RegistryClient;
  beforeAll(async () => {
    withApi = await registryWithReferrers();
    client = new RegistryClient({ credentials: [], insecure: true });
  }, timeout);
  afterAll(async () => {
    client?.[Symbol.dispose]();
    await withApi?.[Symbol.asyncDispose]();
  });

  test.each(['without', 'with'])(
    'writers at the same moment lose nothing: a registry %s the referrers API',
    async kind => {
      const repository = parseRepository(freshRepository(kind === 'with' ? withApi.host : lab.registry.host));
      await pushImage(client, graph, [repository], { signal });
      const nodes = ['one', 'two', 'three', 'four', 'five'].map(nodeOf);
      // All read the same list; who writes first has also looked again before the next one overwrites it.
      await Promise.all(
        nodes.map(async (node, index) => {
          const upstream = kind === 'with' ? withApi.url : lab.registry.url;
          await using proxy = await startSlowProxy(upstream, {
            delay: ({ method, url }) => (method === 'PUT' && url?.includes('/manifests/sha256-') ? index * 100 : 0),
          });
          const near = { host: proxy.host, path: repository.path };
          await attach(client, near, [{ subject: digest, nodes: [node], api: false }], signal);
        }),
      );
      const found = await listReferrers(client, repository, digest, signal);
      expect(found.api).toBe(kind === 'with');
      const byDigest = (a: { digest: string }, b: { digest: string }) => (a.digest < b.digest ? -1 : 1);
      expect([...found.descriptors].sort(byDigest).map(one => [one.digest, one.size, one.annotations])).toEqual(
        nodes
          .map(one => one.descriptor)
          .sort(byDigest)
          .map(one => [one.digest, one.size, one.annotations]),
      );
      const tags = await fetch(`http://${repository.host}/v2/${repository.path}/tags/list`);
      expect(JSON.parse(await tags.text()).tags ?? []).toEqual(kind === 'with' ? [] : [referrersTag(digest)]);
    },
    timeout,
  );

  test('what is not there has no referrers', async () => {
    const repository = parseRepository(freshRepository(lab.registry.host));
    expect(await listReferrers(client, repository, digest, signal)).toEqual({ api: false, descriptors: [] });
  });
});
