import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { imageOf } from '../../src/build-multiarch-image/image.ts';
import { writeLayer } from '../../src/build-multiarch-image/layer.ts';
import { blobsOf, type ImageGraph } from '../../src/core/oci/graph.ts';
import { run } from '../../src/core/process.ts';
import { RegistryClient } from '../../src/core/registry/client.ts';
import { pushImage, writeTags } from '../../src/core/registry/push.ts';
import { parseRepository } from '../../src/core/registry/reference.ts';
import { temporary } from '../integration/build-multiarch-image.ts';
import { describeWith } from '../integration/lab.ts';
import { type OwnRegistry, type RegistryKind, startRegistry } from '../integration/own-registry.ts';
import { type Asked, type Fault, type Rules, startProxy } from '../integration/registry-proxy.ts';

const timeout = 60_000;
const chunk = 64 * 1024;

await describeWith(
  ['peer:crane', 'peer:distribution-registry', 'peer:referrers-registry', 'package:docker-registry'],
  'uploads in chunks',
  lab => {
    const signal = new AbortController().signal;
    let folder: Awaited<ReturnType<typeof temporary>>;
    beforeAll(async () => {
      folder = await temporary();
    });
    afterAll(async () => await folder[Symbol.asyncDispose]());

    /** An image that no registry has: some keep their blobs for all repositories together. */
    async function newImage(): Promise<ImageGraph> {
      const content = randomBytes(5 * chunk);
      const entries = [{ name: 'x', mode: 0o644, content }];
      const layer = await writeLayer(folder.path, { name: 'large', entries, seconds: 0, compression: 'gzip' }, signal);
      const platform = { os: 'linux', architecture: 'amd64' };
      const ground = { layers: [], config: undefined, image: undefined };
      return imageOf([{ platform, ground, layers: [{ layer, comment: 'large' }] }], {
        entrypoint: ['/x'],
        cmd: [],
        env: {},
        user: '65532',
        workdir: undefined,
        ports: [],
        stopSignal: undefined,
        format: 'oci',
        labels: {},
        annotations: { index: {}, manifest: {} },
        created: '2026-01-02T03:04:05Z',
      });
    }

    describe.each<RegistryKind>(['docker-registry', 'distribution-registry', 'referrers-registry'])('to %s', kind => {
      let registry: OwnRegistry;
      const program = kind === 'docker-registry' ? 'docker-registry' : lab[`peer:${kind}`];
      beforeAll(async () => {
        registry = await startRegistry(kind, program, folder.path);
      });
      afterAll(async () => await registry[Symbol.asyncDispose]());

      let counter = 0;
      async function push(rules: Rules) {
        const graph = await newImage();
        // The one blob that is large enough for chunks.
        const size = Math.max(...blobsOf(graph).map(blob => blob.descriptor.size));
        await using proxy = await startProxy(registry.url, rules);
        const path = `test/chunks-${counter++}`;
        const retries: string[] = [];
        using client = new RegistryClient({
          credentials: [],
          insecure: false,
          chunk,
          onRetry: message => retries.push(message),
        });
        const repository = parseRepository(`${proxy.host}/${path}`);
        let error: unknown;
        try {
          await pushImage(client, graph, [repository], { signal });
          await writeTags(client, graph, [{ repository, tags: ['v1'] }], signal);
        } catch (thrown) {
          error = thrown;
        }
        const patches = proxy.asked.filter(one => one.kind === 'patch-upload');
        const again = patches.reduce((sum, one) => sum + one.sent, 0) - size;
        return { path, error, retries, asked: proxy.asked, patches, again };
      }
      const isWhole = (path: string) =>
        run([lab['peer:crane'], 'validate', '--insecure', '--remote', `${registry.host}/${path}:v1`], { timeout });
      const tagStatus = async (path: string) => (await fetch(`${registry.url}/v2/${path}/manifests/v1`)).status;
      const once =
        (kind: Asked['kind'], before: number, fault: Fault) =>
        (asked: Asked): Fault | undefined =>
          asked.kind === kind && asked.before === before ? fault : undefined;

      test(
        'every byte goes once',
        async () => {
          const done = await push({});
          expect(done).toMatchObject({ error: undefined, retries: [], again: 0 });
          expect(done.patches.map(one => one.headers['content-range']).slice(0, 2)).toEqual([
            `0-${chunk - 1}`,
            `${chunk}-${2 * chunk - 1}`,
          ]);
          await isWhole(done.path);
        },
        timeout,
      );

      test.each<[string, Fault]>([
        ['a reset', 'reset'],
        ['502', { status: 502 }],
        ['429', { status: 429, headers: { 'retry-after': '1' } }],
        ['416', { status: 416 }],
      ])(
        'after %s at a chunk the upload goes on where it was',
        async (_, fault) => {
          const done = await push({ fault: once('patch-upload', 2, fault) });
          expect(done).toMatchObject({ error: undefined, again: 0 });
          expect(done.retries).toHaveLength(1);
          expect(done.asked.filter(one => one.kind === 'get-upload')).toHaveLength(1);
          await isWhole(done.path);
        },
        timeout,
      );

      test(
        'a connection that breaks in the middle of a chunk',
        async () => {
          const done = await push({ fault: once('patch-upload', 3, { cut: 10_000 }) });
          expect(done.error).toBeUndefined();
          // Half a chunk is the end of an upload for all but one: they do not say how much they have, or refuse the rest.
          expect(done.again).toBeLessThanOrEqual(kind === 'distribution-registry' ? 10_000 : 4 * chunk + 10_000);
          await isWhole(done.path);
        },
        timeout,
      );

      test(
        'chunks have the length that the registry wants at least',
        async () => {
          const least = { 'oci-chunk-min-length': String(2 * chunk) };
          const done = await push({ headers: ({ kind }) => (kind === 'post-upload' ? least : {}) });
          expect(done).toMatchObject({ error: undefined, again: 0 });
          expect(done.patches.slice(0, -1).map(one => one.sent)).toEqual([2 * chunk, 2 * chunk]);
          await isWhole(done.path);
        },
        timeout,
      );

      test(
        'a registry that takes no chunks gets the blob whole',
        async () => {
          const done = await push({ fault: ({ kind }) => (kind === 'patch-upload' ? { status: 405 } : undefined) });
          expect(done.error).toBeUndefined();
          expect(done.patches).toHaveLength(1);
          await isWhole(done.path);
        },
        timeout,
      );

      test(
        'an upload that the registry forgot begins anew, and at last goes whole',
        async () => {
          const body = '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"unknown"}]}';
          const again = await push({ fault: once('patch-upload', 2, { status: 404, body }) });
          expect(again.error).toBeUndefined();
          await isWhole(again.path);
          const never = await push({
            fault: ({ kind }) => (kind === 'patch-upload' ? { status: 404, body } : undefined),
          });
          expect(never.error).toBeUndefined();
          expect(never.patches).toHaveLength(2);
          await isWhole(never.path);
        },
        timeout,
      );

      test(
        'bytes that are damaged on the way are found out by the registry',
        async () => {
          const body = '{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match"}]}';
          const done = await push({
            fault: ({ kind }) => (kind === 'put-upload' ? { status: 400, body } : undefined),
          });
          expect(done.error).toMatchObject({ code: 'DIGEST_MISMATCH' });
          expect(await tagStatus(done.path)).toBe(404);
        },
        timeout,
      );

      // The one in memory has lost everything then.
      if (kind !== 'referrers-registry')
        test(
          'killed and started again in the middle: the push succeeds, and no tag was there before',
          async () => {
            const tags: number[] = [];
            let path = '';
            let killed: Promise<void> | undefined;
            const done = await push({
              fault: ({ kind, before, path: at }) => {
                if (kind === 'patch-upload' && before === 2 && killed === undefined) {
                  path = /^\/v2\/(.+)\/blobs/.exec(at)![1]!;
                  killed = (async () => {
                    await registry.kill();
                    await new Promise(resolve => setTimeout(resolve, 500));
                    await registry.restart();
                    tags.push(await tagStatus(path));
                  })();
                }
                return undefined;
              },
            });
            await killed;
            expect(done.error).toBeUndefined();
            expect(done.retries.length).toBeGreaterThan(0);
            expect(tags).toEqual([404]);
            await isWhole(done.path);
          },
          timeout,
        );

      if (kind === 'docker-registry')
        test(
          'killed for good: the push fails with the reason, and no tag is there',
          async () => {
            const done = await push({
              fault: ({ kind, before }) => {
                if (kind === 'patch-upload' && before === 2) void registry.kill();
                return undefined;
              },
            });
            expect(done.error).toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
            await registry.restart();
            expect(await tagStatus(done.path)).toBe(404);
          },
          timeout,
        );
    });
  },
);
