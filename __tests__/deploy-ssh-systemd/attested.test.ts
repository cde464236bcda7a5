import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { keyBundle } from '../../src/core/attestation/bundle.ts';
import { readSigningKey } from '../../src/core/attestation/key.ts';
import { readPublicKey } from '../../src/core/attestation/public-key.ts';
import { keySigner } from '../../src/core/attestation/signer.ts';
import { statementOn } from '../../src/core/attestation/statement.ts';
import { sha256 } from '../../src/core/files.ts';
import type { Artifact } from '../../src/deploy-ssh-systemd/artifacts.ts';
import { mustBeAttested } from '../../src/deploy-ssh-systemd/attested.ts';

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
const ours = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const other = generateKeyPairSync('ed25519');
const content = 'a program';

describe('mustBeAttested', () => {
  let folder: string;
  let artifact: Artifact;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-attested-'));
    artifact = {
      path: join(folder, 'hello'),
      target: { os: 'linux', arch: 'amd64' },
      sha256: sha256(content),
      size: content.length,
    };
    await writeFile(artifact.path, content);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = (name: string, text: string | Buffer) => writeFile(join(folder, name), text);
  const statement = (sum: string, key: KeyObject) => {
    const signer = readSigningKey(pem(key), undefined);
    const payload = statementOn([`sha256:${sum}`], 'provenance', {});
    return keyBundle(payload, signer.sign(payload), signer.hint);
  };
  const signature = (bytes: string, key: KeyObject) =>
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      messageSignature: { signature: sign('sha256', Buffer.from(bytes), key).toString('base64') },
    });
  const required = { signer: keySigner(ours.publicKey), types: undefined, type: 'attestation' };
  const attest = () => mustBeAttested([artifact], required);

  test('a statement on the binary, in a bundle of whatever name', async () => {
    await put('all.sigstore.json', statement(artifact.sha256, ours.privateKey));
    expect(await attest()).toMatchObject([
      { path: artifact.path, attestedBy: expect.stringContaining('https://slsa.dev/provenance/v1 by key ') },
    ]);
  });

  test('a signature of its bytes', async () => {
    await put('hello.sigstore.json', signature(content, ours.privateKey));
    expect(await attest()).toMatchObject([{ attestedBy: expect.stringContaining('signature by key ') }]);
  });

  test.each<[string, () => Promise<void>, string]>([
    ['no bundle', async () => undefined, 'there is no bundle on it'],
    [
      'another key’s statement',
      () => put('hello.sigstore.json', statement(artifact.sha256, other.privateKey)),
      'another key',
    ],
    [
      'a statement on another binary',
      () => put('hello.sigstore.json', statement('0'.repeat(64), ours.privateKey)),
      'other binaries',
    ],
    [
      'a signature of other bytes',
      () => put('hello.sigstore.json', signature('other', ours.privateKey)),
      'not this key’s',
    ],
    ['what is no bundle', () => put('hello.sigstore.json', '{'), 'no Sigstore bundle'],
    [
      'bytes that are signed, but are not those of the record',
      async () => {
        artifact = { ...artifact, sha256: '0'.repeat(64) };
        await put('hello.sigstore.json', signature(content, ours.privateKey));
      },
      'not this key’s',
    ],
    [
      'a bundle that is too large',
      () => put('hello.sigstore.json', Buffer.alloc(33 * 1024 * 1024)),
      'no Sigstore bundle',
    ],
  ])('%s is refused', async (_name, prepare, said) => {
    await prepare();
    await expect(attest()).rejects.toMatchObject({
      code: 'ATTESTATION_MISSING',
      message: expect.stringContaining(said),
      hint: expect.stringContaining('Nothing was changed'),
    });
  });

  test('the key is read from text or file; another kind is refused', async () => {
    const text = ours.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    await put('key.pub', text);
    for (const given of [text, 'key.pub'])
      expect((await readPublicKey(given, folder)).equals(ours.publicKey)).toBe(true);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    for (const given of ['nowhere.pub', rsa.export({ type: 'spki', format: 'pem' }) as string])
      await expect(readPublicKey(given, folder)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});
