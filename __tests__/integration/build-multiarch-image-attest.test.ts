import { generateKeyPairSync } from 'node:crypto';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSigningKey } from '../../src/core/attestation/key.ts';
import { run } from '../../src/core/process.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import type { Attestation } from '../../src/core/record/schema.ts';
import {
  buildPrograms,
  describeImages,
  freshRepository,
  type Ran,
  runImage,
  temporary,
} from './build-multiarch-image.ts';
import { need } from './lab.ts';
import { startProxy } from './registry-proxy.ts';
import { registryWithReferrers } from './registry-referrers.ts';
import { startSlowProxy } from './round-trips.ts';

const timeout = 120_000;
const password = 'correct horse battery';

await describeImages('build-multiarch-image attests', (lab, tools) => {
  let folder: Awaited<ReturnType<typeof temporary>>;
  let programs: Awaited<ReturnType<typeof buildPrograms>>;
  let withApi: Awaited<ReturnType<typeof registryWithReferrers>>;
  let cosign: string;
  let key: string;
  beforeAll(async () => {
    folder = await temporary();
    cosign = await need('peer:cosign');
    withApi = await registryWithReferrers();
    programs = await buildPrograms(folder.path, tools.go, ['linux/amd64', 'linux/arm64']);
    const env = { ...process.env, COSIGN_PASSWORD: password, HOME: folder.path };
    await run([cosign, 'generate-key-pair'], { cwd: folder.path, env, timeout });
    key = await readFile(join(folder.path, 'cosign.key'), 'utf8');
  }, 300_000);
  afterAll(async () => {
    await withApi?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const signed = () => ({
    release: 'slipway-out/release.json',
    sbom: 'cyclonedx,spdx',
    provenance: 'true',
    sign: 'key',
    'signing-key': key,
    'signing-password': password,
  });

  async function copy(name: string): Promise<string> {
    const path = join(folder.path, name);
    await cp(join(folder.path, 'slipway-out'), join(path, 'slipway-out'), { recursive: true });
    await writeFile(join(path, 'slipway-out/release.json'), JSON.stringify(programs.record));
    return path;
  }
  const crane = async (...argv: string[]) =>
    (await run([tools.crane, ...argv, '--insecure'], { timeout })).stdout.trim();
  async function client(...argv: string[]): Promise<string> {
    const env = { ...process.env, HOME: folder.path, COSIGN_PASSWORD: password };
    const done = await run([cosign, ...argv, '--allow-http-registry'], { env, timeout });
    return done.stdout;
  }
  const verify = (pub: string, what: string, image: string, ...more: string[]) =>
    client(what, '--key', join(folder.path, pub), '--insecure-ignore-tlog=true', ...more, image);
  const imageOf = async (done: Ran) =>
    parseRecord(await readFile(done.outputs['release']!, 'utf8'), 'release').images[0]!;

  for (const kind of ['without the referrers API', 'with the referrers API'] as const) {
    describe(`in a registry ${kind}`, () => {
      let done: Ran;
      let again: Ran;
      let images: string;
      let asked: { method: string; path: string }[];
      let proxy: Awaited<ReturnType<typeof startProxy>>;
      beforeAll(async () => {
        const directory = await copy(kind.replaceAll(' ', '-'));
        proxy = await startProxy(kind.startsWith('without') ? lab.registry.url : withApi.url);
        images = freshRepository(proxy.host);
        done = await runImage(directory, { ...signed(), images });
        const before = proxy.asked.length;
        again = await runImage(directory, { ...signed(), images });
        asked = proxy.asked.slice(before);
      }, timeout);
      afterAll(async () => await proxy[Symbol.asyncDispose]());

      test('index and every platform are attested, and the record says so', async () => {
        expect([done.code, done.log.includes('::error')]).toEqual([0, false]);
        const { digest, platforms, attestations } = await imageOf(done);
        const of = (subject: string) =>
          attestations.filter(one => one.subject === subject).map(one => one.type.replace(/^https:\/\//, ''));
        const [signature, provenance] = ['sigstore.dev/cosign/sign/v1', 'slsa.dev/provenance/v1'];
        expect(of(digest)).toEqual([signature, provenance]);
        for (const one of platforms)
          expect(of(one.digest)).toEqual([signature, provenance, 'cyclonedx.org/bom', 'spdx.dev/Document']);
      });

      test('the index holds images only', async () => {
        const index = JSON.parse(await crane('manifest', `${images}:v1.2.3`));
        expect(index.manifests.map((one: { platform: object }) => one.platform)).toEqual([
          { os: 'linux', architecture: 'amd64' },
          { os: 'linux', architecture: 'arm64' },
        ]);
      });

      test(
        'cosign verifies the signatures and attestations, and another key’s are refused',
        async () => {
          const { digest, platforms } = await imageOf(done);
          for (const subject of [digest, platforms[0]!.digest]) {
            await verify('cosign.pub', 'verify', `${images}@${subject}`);
            await verify('cosign.pub', 'verify-attestation', `${images}@${subject}`, '--type', 'slsaprovenance1');
          }
          for (const type of ['cyclonedx', 'spdxjson'])
            await verify('cosign.pub', 'verify-attestation', `${images}@${platforms[1]!.digest}`, '--type', type);
          const tree = await client('tree', `${images}@${platforms[0]!.digest}`);
          for (const one of ['sign/v1', 'provenance/v1', 'cyclonedx.org/bom', 'spdx.dev/Document'])
            expect(tree).toContain(`${one} artifacts via OCI referrer`);
          const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
          await writeFile(join(folder.path, 'other.pub'), other.export({ type: 'spki', format: 'pem' }));
          await expect(verify('other.pub', 'verify', `${images}@${digest}`)).rejects.toThrow();
        },
        timeout,
      );

      test('a second run signs nothing anew and writes nothing', async () => {
        expect([again.code, again.outputs]).toEqual([0, done.outputs]);
        expect(asked.filter(one => one.method !== 'GET' && one.method !== 'HEAD')).toEqual([]);
        expect((await imageOf(again)).attestations).toEqual((await imageOf(done)).attestations);
      });

      test('no key in the log, the record or the files', async () => {
        const secrets = [password, ...key.split('\n').filter(line => line !== '' && !line.startsWith('---'))];
        const written = await Promise.all(
          (await readdir(folder.path, { recursive: true, withFileTypes: true }))
            .filter(one => one.isFile() && /runner-|slipway-out/.test(one.parentPath) && !/^hello/.test(one.name))
            .map(one => readFile(join(one.parentPath, one.name), 'utf8')),
        );
        const masked = done.log.replaceAll(/^::add-mask::.*$/gm, '');
        for (const secret of secrets) for (const text of [masked, ...written]) expect(text).not.toContain(secret);
      });
    });
  }

  test(
    'the fallback tag’s list has artifact types and annotations, and keeps what others wrote at the same time',
    async () => {
      const images = freshRepository(lab.registry.host);
      const { insecure } = { insecure: lab.registry.host };
      const first = await runImage(await copy('base-of-writers'), { release: signed().release, images, insecure });
      const digest = first.outputs['digest']!;
      const keys = [0, 1, 2].map(() =>
        generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      );
      const runs = await Promise.all(
        keys.map(async (one, number) =>
          runImage(await copy(`writer-${number}`), {
            release: signed().release,
            images,
            insecure,
            sign: 'key',
            'signing-key': one,
          }),
        ),
      );
      expect(runs.map(one => one.code)).toEqual([0, 0, 0]);
      const wanted = (await Promise.all(runs.map(imageOf))).flatMap(one =>
        one.attestations.filter((attestation: Attestation) => attestation.subject === digest),
      );
      const list = JSON.parse(await crane('manifest', `${images}:${digest.replace(':', '-')}`));
      expect(list.manifests.map((one: { digest: string }) => one.digest).sort()).toEqual(
        wanted.map(one => one.digest).sort(),
      );
      for (const one of list.manifests) {
        expect(one.artifactType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
        expect(one.annotations).toEqual(JSON.parse(await crane('manifest', `${images}@${one.digest}`)).annotations);
      }
    },
    timeout,
  );

  test.each([
    ['an Ed25519 key in PEM', 'ed25519', undefined],
    ['a P-256 key in encrypted PEM', 'ec', 'of the file'],
  ] as const)(
    '%s is one that cosign accepts',
    async (_, type, passphrase) => {
      const pair = type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
      const pem = pair.privateKey.export({
        type: 'pkcs8',
        format: 'pem',
        ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
      });
      await writeFile(join(folder.path, `${type}.pub`), pair.publicKey.export({ type: 'spki', format: 'pem' }));
      const images = freshRepository(withApi.host);
      const done = await runImage(await copy(`key-${type}`), {
        release: signed().release,
        images,
        sign: 'key',
        'signing-key': pem.toString(),
        ...(passphrase === undefined ? {} : { 'signing-password': passphrase }),
      });
      expect(done.code).toBe(0);
      await verify(`${type}.pub`, 'verify', done.outputs['image']!);
      const { attestations } = await imageOf(done);
      expect(attestations[0]!.signedBy).toBe(`key ${readSigningKey(pem.toString(), passphrase).hint}`);
    },
    timeout,
  );

  test(
    'without a signature the statements are attached as they are',
    async () => {
      const images = freshRepository(withApi.host);
      const inputs = { release: signed().release, images, sbom: 'cyclonedx', provenance: 'true' };
      const done = await runImage(await copy('plain'), inputs);
      expect(done.code).toBe(0);
      const { attestations, digest } = await imageOf(done);
      expect(attestations.map(one => [one.artifactType, one.signedBy])).toEqual(
        Array(5).fill(['application/vnd.in-toto+json', undefined]),
      );
      const manifest = JSON.parse(await crane('manifest', `${images}@${attestations[0]!.digest}`));
      expect(manifest.subject.digest).toBe(digest);
      const statement = JSON.parse(await crane('blob', `${images}@${manifest.layers[0].digest}`));
      expect(statement).toMatchObject({
        _type: 'https://in-toto.io/Statement/v1',
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: { buildDefinition: { buildType: 'urn:slipway:image-build:v1' } },
      });
      expect(statement.subject).toContainEqual({ digest: { sha256: digest.slice(7) } });
    },
    timeout,
  );

  test(
    'the SPDX document is one for the SPDX project’s own library',
    async () => {
      const images = freshRepository(withApi.host);
      const directory = await copy('spdx');
      const done = await runImage(directory, { release: signed().release, images, sbom: 'spdx' });
      const { attestations, platforms } = await imageOf(done);
      const manifest = JSON.parse(await crane('manifest', `${images}@${attestations[0]!.digest}`));
      const { predicate } = JSON.parse(await crane('blob', `${images}@${manifest.layers[0].digest}`));
      const module = join(directory, 'spdx-consumer');
      await cp(join(import.meta.dirname, 'spdx-consumer'), module, { recursive: true });
      const env = { ...process.env, GOFLAGS: '', GOTOOLCHAIN: 'local' };
      const read = await run([tools.go, 'run', '.'], { cwd: module, env, timeout, input: JSON.stringify(predicate) });
      expect(read.stdout.trim().split('\n')).toEqual([
        `CONTAINER pkg:oci/hello@${encodeURIComponent(platforms[0]!.digest)}?arch=amd64`,
        'APPLICATION pkg:golang/example.com/hello@v1.2.3',
        expect.stringMatching(/^LIBRARY pkg:golang\/stdlib@1\./),
      ]);
    },
    timeout,
  );

  describe('in an OCI layout', () => {
    /** What the ORAS project's own library finds there, one artifact a line: subject, digest, type. */
    async function listed(directory: string): Promise<string[]> {
      const module = join(import.meta.dirname, 'layout-consumer');
      const env = { ...process.env, GOFLAGS: '', GOTOOLCHAIN: 'local' };
      const argv = ['run', '.', join(directory, 'layout'), 'v1.2.3'] as const;
      return (await run([tools.go, ...argv], { cwd: module, env, timeout })).stdout.trim().split('\n').sort();
    }
    const lines = ({ attestations }: { attestations: readonly Attestation[] }) =>
      attestations.map(one => `${one.subject} ${one.digest} ${one.artifactType}`).sort();
    const index = (directory: string) => readFile(join(directory, 'layout/index.json'), 'utf8');

    test(
      'without a push: listed under index and platforms, the image as before, and a second run signs nothing anew',
      async () => {
        const directory = await copy('layout-alone');
        const inputs = { ...signed(), push: 'false', output: 'oci-layout:layout' };
        const done = await runImage(directory, inputs);
        expect(done.log.match(/::error.*/)?.[0]).toBeUndefined();
        const image = await imageOf(done);
        expect(image.attestations).toHaveLength(2 + 4 + 4);
        expect(await listed(directory)).toEqual(lines(image));
        const raw = ['inspect', '--raw', `oci:${join(directory, 'layout')}:v1.2.3`] as const;
        expect(JSON.parse((await run([tools.skopeo, ...raw], { timeout })).stdout).manifests).toHaveLength(2);
        const before = await index(directory);
        expect((await runImage(directory, inputs)).code).toBe(0);
        expect(await index(directory)).toBe(before);
      },
      timeout,
    );

    test(
      'beside a push: the same artifacts as in the registry',
      async () => {
        const directory = await copy('layout-beside');
        const inputs = { release: signed().release, sbom: 'spdx', sign: 'key', 'signing-key': key };
        const given = { ...inputs, 'signing-password': password, output: 'oci-layout:layout' };
        const done = await runImage(directory, { ...given, images: freshRepository(withApi.host) });
        expect(done.log.match(/::error.*/)?.[0]).toBeUndefined();
        const image = await imageOf(done);
        expect(await listed(directory)).toEqual(lines(image));
      },
      timeout,
    );
  });

  test(
    'a wrong password is told before anything is built',
    async () => {
      const images = freshRepository(lab.registry.host);
      const done = await runImage(await copy('password'), { ...signed(), images, 'signing-password': 'no' });
      expect([done.code, done.log.includes('[SIGNING_KEY]'), done.log.includes('platforms:')]).toEqual([
        1,
        true,
        false,
      ]);
    },
    timeout,
  );

  test.each([
    ['with the referrers API', 6],
    ['without it', 6],
  ] as const)(
    'a push that changes nothing takes six round trips, token and attestations included: %s',
    async (kind, most) => {
      const upstream = kind === 'without it' ? lab.registry.url : withApi.url;
      await using proxy = await startSlowProxy(upstream, { delay: 50, token: 'for-all' });
      const images = freshRepository(proxy.host);
      const directory = await copy(`trips-${kind.replaceAll(' ', '-')}`);
      expect((await runImage(directory, { ...signed(), images })).code).toBe(0);
      expect(proxy.roundTrips()).toBeGreaterThan(most);
      expect((await runImage(directory, { ...signed(), images })).code).toBe(0);
      expect(proxy.roundTrips()).toBeLessThanOrEqual(most);
    },
    timeout,
  );

  test(
    'a reset, a 502 and a 429 while asking for referrers are tried again',
    async () => {
      const faults = ['reset' as const, { status: 502 }, { status: 429, headers: { 'retry-after': '1' } }];
      await using proxy = await startProxy(withApi.url, {
        fault: one => (one.kind === 'other' ? faults[one.before] : undefined),
      });
      const images = freshRepository(proxy.host);
      const done = await runImage(await copy('faults'), { release: signed().release, images, provenance: 'true' });
      expect([done.code, (await imageOf(done)).attestations.length]).toEqual([0, 3]);
      expect(proxy.asked.filter(one => one.kind === 'other').length).toBeGreaterThan(6);
    },
    timeout,
  );

  test(
    'a registry that loses an attestation gets no tag',
    async () => {
      await using proxy = await startProxy(withApi.url, {
        fault: one => (one.kind === 'other' && one.before >= 3 ? emptyList : undefined),
      });
      const images = freshRepository(proxy.host);
      const done = await runImage(await copy('lost'), { ...signed(), images });
      expect([done.code, done.log.includes('[ATTESTATION_INVALID]')]).toEqual([1, true]);
      expect(proxy.asked.some(one => one.kind === 'put-tag')).toBe(false);
    },
    timeout,
  );
});

const emptyList = {
  status: 200,
  headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
  body: '{"schemaVersion":2,"manifests":[]}',
};
