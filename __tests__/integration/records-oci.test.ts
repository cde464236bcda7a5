import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { encode } from '../../src/core/oci/graph.ts';
import { mediaTypes } from '../../src/core/oci/media-types.ts';
import { loadRecords } from '../../src/core/record/files.ts';
import { type OpenRecords, openRecords } from '../../src/core/records/index.ts';
import { RegistryClient } from '../../src/core/registry/client.ts';
import { pushImage, writeTags } from '../../src/core/registry/push.ts';
import { parseRepository } from '../../src/core/registry/reference.ts';
import { sampleEntry, sampleRelease } from '../core/records/samples.ts';
import { freshRepository } from './build-multiarch-image.ts';
import { describeWith } from './lab.ts';
import { type OwnRegistry, startRegistry } from './own-registry.ts';
import { keepsFiles, keepsHistory } from './records-behaviour.ts';
import { killsInTheMiddle, raceOfClients } from './records-writers.ts';

const timeout = 180_000;
const plainHttp = { images: [], insecure: true, 'registry-username': undefined, 'registry-password': undefined };
const { signal } = new AbortController();

// Debian's 2.8 and the CNCF's 3.1 have no referrers API, go-containerregistry's has it.
await describeWith(
  ['registry', 'peer:distribution-registry', 'peer:referrers-registry', 'peer:crane'],
  'records in a registry',
  lab => {
    let root: string;
    const registries: Partial<Record<string, OwnRegistry>> = {};
    const opened: OpenRecords[] = [];
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'records-oci-'));
      for (const kind of ['distribution-registry', 'referrers-registry'] as const)
        registries[kind] = await startRegistry(kind, lab[`peer:${kind}`], join(root, kind));
    }, timeout);
    afterAll(async () => {
      for (const one of opened) one[Symbol.dispose]();
      for (const one of Object.values(registries)) await one?.[Symbol.asyncDispose]();
      await rm(root, { recursive: true, force: true });
    });
    const open = async (repository: string) => {
      const records = await openRecords(
        { oci: repository },
        { place: 'slipway.yml:1', image: plainHttp, directory: root, env: {}, signal },
      );
      opened.push(records);
      return records;
    };
    const hostOf = (kind: string) => registries[kind]?.host ?? lab.registry.host;

    describe.each(['registry', 'referrers-registry'])('%s', kind => {
      keepsFiles(() => open(freshRepository(hostOf(kind))));
      keepsHistory(() => open(freshRepository(hostOf(kind))), sampleRelease);
    });

    test.each(['registry', 'distribution-registry', 'referrers-registry'])(
      'writers at the same moment lose no entry: %s',
      async kind => {
        const repository = freshRepository(hostOf(kind));
        await raceOfClients(await open(repository), () => open(repository));
      },
      timeout,
    );

    test(
      'a writer that is killed leaves nothing to be seen, or the whole',
      async () => {
        const repository = freshRepository(lab.registry.host);
        await killsInTheMiddle(await open(repository), `{ oci: "${repository}" }`, root);
      },
      timeout,
    );

    test('public tools read it: the artifact by its tag, a binary by its sha256; other tags stay what they are', async () => {
      const repository = freshRepository(lab.registry.host);
      const records = await open(repository);
      const release = await sampleRelease(join(root, 'tools'), 'v1.0.0+dirty');
      await records.put(release);
      await records.append(sampleEntry());
      const crane = async (...args: string[]) =>
        (await promisify(execFile)(lab['peer:crane'], [...args, '--insecure'])).stdout;
      const tags = (await crane('ls', repository)).trim().split('\n').sort();
      expect(tags).toEqual([expect.stringMatching(/^slipway\.entry\.2026/), 'slipway.release.v1.0.0_2b_dirty']);
      const manifest = JSON.parse(await crane('manifest', `${repository}:slipway.release.v1.0.0_2b_dirty`));
      expect(manifest).toMatchObject({ artifactType: 'application/vnd.slipway.release.v1+json' });
      const { sha256, path } = release.record.binaries[0]!;
      expect(await crane('blob', `${repository}@sha256:${sha256}`)).toBe(await readFile(path, 'utf8'));
    });

    test('bytes that are in the repository already are not uploaded again', async () => {
      const registry = registries['distribution-registry']!;
      const records = await open(freshRepository(registry.host));
      const blobs = async () =>
        (
          await readdir(
            join(root, 'distribution-registry', 'distribution-registry', 'storage', 'docker/registry/v2/blobs/sha256'),
            { recursive: true },
          )
        ).filter(one => one.endsWith('data'));
      await records.put(await sampleRelease(join(root, 'twice'), 'v1.0.0', { content: 'twice' }));
      const before = await blobs();
      await records.put(await sampleRelease(join(root, 'twice-2'), 'v1.0.1', { content: 'twice' }));
      // The record, the archive and the manifest are new; the binaries and their SBOMs are not.
      expect((await blobs()).length - before.length).toBe(3);
    });

    describe('the input release', () => {
      const empty = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] };
      const image = { ...encode(mediaTypes.index, empty), manifests: [] };
      const { digest } = image.descriptor;
      let repository: string;
      beforeAll(async () => {
        repository = freshRepository(registries['distribution-registry']!.host);
        const parsed = parseRepository(repository);
        using client = new RegistryClient({ credentials: [], insecure: true });
        await pushImage(client, image, [parsed], { signal });
        await writeTags(client, image, [{ repository: parsed, tags: ['production'] }], signal);
        const records = await open(repository);
        const named = { repositories: [repository], digest, tags: ['production'], platforms: [], attestations: [] };
        await records.put(await sampleRelease(join(root, 'one'), 'v1.0.0', { more: { images: [named] } }));
        await records.put(await sampleRelease(join(root, 'two'), 'v2.0.0'));
      });

      test.each([
        ['', 'v2.0.0'],
        [':v1.0.0', 'v1.0.0'],
        [':production', 'v1.0.0'],
        [`@${digest}`, 'v1.0.0'],
        [':slipway.release.v1.0.0', 'v1.0.0'],
      ])('oci://REPO%s is %s, with its binaries', async (which, version) => {
        const directory = join(root, `input-${version}-${which.slice(0, 5)}`);
        const loaded = await loadRecords([`oci://${repository}${which}`], directory);
        expect(loaded).toMatchObject({ file: join(directory, 'slipway-out', 'release.json'), record: { version } });
        expect(await readFile(loaded!.record.binaries[0]!.path, 'utf8')).toBe(`linux/amd64${version}`);
      });

      test.each([[':v3.0.0'], [`@sha256:${'0'.repeat(64)}`]])(
        'oci://REPO%s, which is not there, names those that are',
        async which => {
          const failing = loadRecords([`oci://${repository}${which}`], root);
          await expect(failing).rejects.toThrow(
            expect.objectContaining({ code: 'VERSION_MISSING', hint: expect.stringContaining('v2.0.0') }),
          );
        },
      );

      test('what is no reference is refused', async () => {
        await expect(loadRecords(['oci://hello'], root)).rejects.toThrow(
          expect.objectContaining({ code: 'REFERENCE_INVALID' }),
        );
      });
    });
  },
);
