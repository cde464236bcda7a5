import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import type { Image } from '../../src/core/record/schema.ts';
import {
  buildPrograms,
  describeImages,
  freshRepository,
  type Ran,
  runImage,
  temporary,
} from '../integration/build-multiarch-image.ts';
import { need } from '../integration/lab.ts';
import { registryWithReferrers } from '../integration/registry-referrers.ts';

const timeout = 120_000;
const password = 'correct horse battery';
const targets = ['linux/amd64', 'linux/arm64'];
const [signature, provenance] = ['https://sigstore.dev/cosign/sign/v1', 'https://slsa.dev/provenance/v1'];

await describeImages('attestations of a merge and of a promotion', ({ registry: { host } }, tools) => {
  let folder: Awaited<ReturnType<typeof temporary>>;
  let production: Awaited<ReturnType<typeof registryWithReferrers>>;
  let cosign: string;
  let merged: Ran;
  let promoted: Ran;
  let images: string;
  let promotedTo: string;
  let image: Image;
  let partSubjects: string[];

  beforeAll(async () => {
    folder = await temporary();
    cosign = await need('peer:cosign');
    production = await registryWithReferrers();
    const programs = await buildPrograms(folder.path, tools.go, targets);
    const env = { ...process.env, COSIGN_PASSWORD: password, HOME: folder.path };
    await run([cosign, 'generate-key-pair'], { cwd: folder.path, env, timeout });
    const key = await readFile(join(folder.path, 'cosign.key'), 'utf8');
    const signed = { provenance: 'true', sign: 'key', 'signing-key': key, 'signing-password': password };
    const staging = freshRepository(host);
    const parts: Ran[] = [];
    for (const [index, target] of targets.entries()) {
      const directory = join(folder.path, `job-${index}`, 'slipway-out');
      await mkdir(directory, { recursive: true });
      const binaries = programs.record.binaries.filter(one => one.target === target);
      for (const { path } of binaries) await copyFile(join(folder.path, 'slipway-out', path), join(directory, path));
      const release = join(directory, 'release.json');
      await writeFile(release, JSON.stringify({ ...programs.record, binaries }));
      const inputs = { ...signed, mode: 'build', release, images: staging, insecure: host, sbom: 'cyclonedx' };
      parts.push(await runImage(folder.path, inputs));
    }
    partSubjects = parts.map(part => part.outputs['digest']!);
    images = freshRepository(host);
    const gathered = join(folder.path, 'gathered');
    await mkdir(gathered);
    const release = join(folder.path, 'job-*/slipway-out/release.json');
    merged = await runImage(gathered, { ...signed, mode: 'merge', release, images, insecure: host });
    promotedTo = freshRepository(production.host);
    const file = merged.outputs['release'] ?? '';
    promoted = await runImage(gathered, {
      mode: 'retag',
      release: file,
      source: `${images}:v1.2.3`,
      images: promotedTo,
      insecure: `${host},${production.host}`,
    });
    image = parseRecord(await readFile(file, 'utf8'), file).images[0]!;
  }, 300_000);
  afterAll(async () => {
    await production?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const verify = (what: string, reference: string, ...more: string[]) =>
    run(
      [
        cosign,
        what,
        '--key',
        join(folder.path, 'cosign.pub'),
        '--insecure-ignore-tlog=true',
        '--allow-http-registry',
        ...more,
        reference,
      ],
      { env: { ...process.env, HOME: folder.path }, timeout },
    );

  test('the record has what is attested of the index and of the platforms, and nothing of the parts’ own indexes', () => {
    expect([merged.code, promoted.code]).toEqual([0, 0]);
    const of = (subject: string) =>
      image.attestations
        .filter(one => one.subject === subject)
        .map(one => one.type)
        .sort();
    expect(of(image.digest)).toEqual([signature, provenance].sort());
    for (const { digest } of image.platforms)
      expect(of(digest)).toEqual([signature, provenance, 'https://cyclonedx.org/bom'].sort());
    for (const digest of partSubjects) expect(of(digest)).toEqual([]);
    expect(image.repositories).toEqual([images, promotedTo]);
  });

  test(
    'cosign verifies index and platforms where they were merged, and where they were promoted to',
    async () => {
      for (const repository of [images, promotedTo]) {
        for (const digest of [image.digest, image.platforms[1]!.digest]) {
          await verify('verify', `${repository}@${digest}`);
          await verify('verify-attestation', `${repository}@${digest}`, '--type', 'slsaprovenance1');
        }
        await verify('verify-attestation', `${repository}@${image.platforms[0]!.digest}`, '--type', 'cyclonedx');
      }
    },
    timeout,
  );

  test(
    'the provenance of the merge names the manifests that it joined, and only what it knows',
    async () => {
      const { stdout } = await verify(
        'verify-attestation',
        `${promotedTo}@${image.digest}`,
        '--type',
        'slsaprovenance1',
      );
      const { payload } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { payload: string };
      const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString('utf8'));
      const { externalParameters, resolvedDependencies } = predicate.buildDefinition;
      expect(externalParameters.inputs).toEqual({ mode: 'merge', platforms: targets });
      for (const { platform, digest } of image.platforms)
        expect(resolvedDependencies).toContainEqual({
          name: `manifest ${platform}`,
          digest: { sha256: digest.slice(7) },
        });
    },
    timeout,
  );
});
