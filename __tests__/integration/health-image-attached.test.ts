import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attachedLimits } from '../../src/core/attestation/attached.ts';
import { keyBundle } from '../../src/core/attestation/bundle.ts';
import { readSigningKey } from '../../src/core/attestation/key.ts';
import { statementOn } from '../../src/core/attestation/statement.ts';
import { parseEveryCheck, probe } from '../../src/core/health/index.ts';
import { Places } from '../../src/verify-health/reach.ts';
import { describeWith } from './lab.ts';
import { pushTinyImage } from './tiny-image.ts';

const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const bundleMedia = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const oci = 'application/vnd.oci.image';
const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;

/** What the registry answers instead, by path. */
type Instead = (path: string) => { status: number; type?: string; body?: string } | undefined;

await describeWith(['registry'], 'what is attached to an image', lab => {
  let folder: string;
  let server: Server;
  let host: string;
  let instead: Instead = () => undefined;
  let wants: string | undefined;
  const fixed = new Map<string, string>();
  let count = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-attached-'));
    await writeFile(join(folder, 'hello'), randomBytes(16));
    await writeFile(join(folder, 'ours.pub'), ours.publicKey.export({ type: 'spki', format: 'pem' }));
    // The real registry behind a door that may ask for a password, and for some paths answers itself.
    server = createServer((incoming, outgoing) => {
      const path = incoming.url ?? '';
      if (wants !== undefined && incoming.headers.authorization !== wants) {
        outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
        return;
      }
      const list = fixed.get(path);
      const own: ReturnType<Instead> = list === undefined ? instead(path) : { status: 200, body: list };
      if (own !== undefined) {
        outgoing.writeHead(own.status, { 'content-type': own.type ?? `${oci}.index.v1+json` }).end(own.body);
        return;
      }
      const { authorization: _, ...headers } = incoming.headers;
      const passed = request(`${lab.registry.url}${path}`, { method: incoming.method, headers }, answer => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(passed);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  const digestOf = (data: Buffer) => `sha256:${createHash('sha256').update(data).digest('hex')}`;
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const put = async (url: string, body: Buffer, type: string) => {
    const answer = await fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: new Uint8Array(body) });
    expect(answer.status).toBe(201);
  };

  /** An image of its own, to which these are attached, in this order, under the fallback tag. */
  async function imageWith(attached: (digest: string) => readonly Buffer[], broken: readonly string[] = []) {
    const name = `test/attached-${process.pid}-${count++}`;
    const base = `${lab.registry.url}/v2/${name}`;
    const { digest } = await pushTinyImage(lab.registry.url, name, join(folder, 'hello'), 'amd64');
    const blob = async (data: Buffer) => {
      const begun = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
      const url = new URL(begun.headers.get('location')!, base);
      url.searchParams.set('digest', digestOf(data));
      await put(url.href, data, 'application/octet-stream');
      return { digest: digestOf(data), size: data.length };
    };
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', ...(await blob(Buffer.from('{}'))) };
    const manifests: object[] = broken.map(one => ({ mediaType: `${oci}.manifest.v1+json`, digest: one, size: 1 }));
    for (const content of attached(digest)) {
      const layer = { mediaType: bundleMedia, ...(await blob(content)) };
      const mediaType = `${oci}.manifest.v1+json`;
      const manifest = json({ schemaVersion: 2, mediaType, artifactType: bundleMedia, config: empty, layers: [layer] });
      await put(`${base}/manifests/${digestOf(manifest)}`, manifest, mediaType);
      manifests.push({ mediaType, artifactType: bundleMedia, digest: digestOf(manifest), size: manifest.length });
    }
    const index = { schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests };
    const list = `/manifests/${digest.replace(':', '-')}`;
    // A registry takes no list of what it has not got; later it may have been removed.
    if (broken.length > 0) fixed.set(`/v2/${name}${list}`, json(index).toString());
    else await put(`${base}${list}`, json(index), index.mediaType);
    return `${host}/${name}@${digest}`;
  }
  const provenance = (digest: string, { privateKey }: { privateKey: KeyObject } = ours, note = '') => {
    const signer = readSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), undefined);
    const statement = statementOn([digest], 'provenance', { note });
    return keyBundle(statement, signer.sign(statement), signer.hint);
  };
  const look = async (reference: string) => {
    const nobody = { ssh: { 'ssh-agent': false, 'jump-hosts': [] }, become: 'none' as const };
    await using places = new Places(
      { ...nobody, kubeconfig: undefined, context: undefined },
      AbortSignal.timeout(60_000),
    );
    const [check] = parseEveryCheck(`image ${reference} attestations provenance signed-by ${folder}/ours.pub`);
    return probe(check!, { timeout: 30_000, reach: places });
  };
  const answering = async <T>(other: Instead, task: () => Promise<T>): Promise<T> => {
    instead = other;
    return task().finally(() => {
      instead = () => undefined;
    });
  };

  test('one that is too large is not read, and said; a good one beside it counts', async () => {
    const large = Buffer.alloc(attachedLimits.each + 1, 'x');
    expect(await look(await imageWith(() => [large]))).toMatchObject({
      ok: false,
      reason: 'attestation',
      detail: expect.stringMatching(
        /provenance of sha256:\S+ is not attached; sha256:\S+ was not read: it has 33\.6 MB, more than/,
      ),
    });
    expect(await look(await imageWith(digest => [large, provenance(digest)]))).toMatchObject({
      ok: true,
      detail: expect.stringContaining('provenance signed by the key'),
    });
  }, 60_000);

  test('of very many only some are read, and how many not is said', async () => {
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const many = (digest: string) =>
      Array.from({ length: attachedLimits.number + 7 }, (_, index) => provenance(digest, stranger, String(index)));
    const seen = await look(await imageWith(many));
    expect(seen).toMatchObject({ ok: false, reason: 'attestation' });
    expect(seen.detail).toContain('is attached, but another key signed it (100 times)');
    expect(seen.detail).toContain('7 of 107 attachments were not read: more than 100');
    expect(seen.detail!.length).toBeLessThan(1000);
  }, 60_000);

  test('one that is gone or no manifest does not hide the good one, and is named where there is none', async () => {
    const gone = `sha256:${'0'.repeat(64)}`;
    expect(await look(await imageWith(digest => [provenance(digest)], [gone]))).toMatchObject({ ok: true });
    const bad = await imageWith(() => [], [gone]);
    expect(await look(bad)).toMatchObject({ detail: expect.stringContaining(`${gone} was not read: `) });
    const noLayers = json({ schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, layers: [null] });
    const listed = await imageWith(() => [], [digestOf(noLayers)]);
    const answer: Instead = path =>
      path.endsWith(digestOf(noLayers))
        ? { status: 200, type: `${oci}.manifest.v1+json`, body: noLayers.toString() }
        : undefined;
    expect(await answering(answer, () => look(listed))).toMatchObject({
      reason: 'attestation',
      detail: expect.stringContaining('its layer has no digest or size'),
    });
  }, 30_000);

  test.each<[string, string]>([
    ['no JSON', '<html>'],
    ['another thing', '{"manifests":"none"}'],
    ['more than a registry may keep', `{"manifests":[],"x":"${'x'.repeat(5 * 1024 * 1024)}"}`],
  ])(
    'a list of attachments that is %s is a verdict at once',
    async (_name, body) => {
      const reference = await imageWith(digest => [provenance(digest)]);
      const answer: Instead = path => (/referrers|manifests\/sha256-/.test(path) ? { status: 200, body } : undefined);
      expect(await answering(answer, () => look(reference))).toMatchObject({
        ok: false,
        reason: 'image',
        retriable: false,
        detail: expect.stringMatching(/what is attached to .*|answered with more than/),
      });
    },
    30_000,
  );

  test('a registry that wants a password: without one it is said, with the machine’s own it is looked at', async () => {
    const reference = await imageWith(digest => [provenance(digest)]);
    const before = process.env['DOCKER_CONFIG'];
    process.env['DOCKER_CONFIG'] = folder;
    wants = basic;
    try {
      expect(await look(reference)).toMatchObject({ ok: false, reason: 'no-access', retriable: false });
      expect((await look(reference)).detail).toMatch(/401|credentials/);
      const auths = (auth: string) => JSON.stringify({ auths: { [host]: { auth } } });
      await writeFile(join(folder, 'config.json'), auths(Buffer.from('me:wrong').toString('base64')));
      expect(await look(reference)).toMatchObject({ ok: false, reason: 'no-access' });
      await writeFile(join(folder, 'config.json'), auths(basic.slice('Basic '.length)));
      expect(await look(reference)).toMatchObject({ ok: true });
    } finally {
      wants = undefined;
      if (before === undefined) delete process.env['DOCKER_CONFIG'];
      else process.env['DOCKER_CONFIG'] = before;
    }
  }, 60_000);
});
