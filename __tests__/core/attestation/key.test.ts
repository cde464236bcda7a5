import { createPrivateKey, generateKeyPairSync, scryptSync, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import nacl from 'tweetnacl';
import { preAuthEncoding } from '../../../src/core/attestation/dsse.ts';
import { isSignedBy, readSigningKey } from '../../../src/core/attestation/key.ts';

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = generateKeyPairSync('ed25519');
const pkcs8 = (key: typeof p256.privateKey, passphrase?: string) =>
  key
    .export({
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    })
    .toString();

/** As cosign encrypts a key; that its own files are read, an integration test shows. */
function cosignKey(der: Buffer, password: string, label = 'SIGSTORE'): string {
  const [salt, nonce] = [Buffer.alloc(32, 1), Buffer.alloc(24, 2)];
  const [N, r, p] = [1024, 8, 1];
  const box = nacl.secretbox(der, nonce, scryptSync(password, salt, 32, { N, r, p }));
  const json = {
    kdf: { name: 'scrypt', params: { N, r, p }, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(box).toString('base64'),
  };
  const body = Buffer.from(JSON.stringify(json)).toString('base64').replaceAll(/.{64}/g, '$&\n');
  return `-----BEGIN ENCRYPTED ${label} PRIVATE KEY-----\n${body}\n-----END ENCRYPTED ${label} PRIVATE KEY-----\n`;
}
const der = p256.privateKey.export({ type: 'pkcs8', format: 'der' });

describe('a signing key', () => {
  test.each([
    ['PKCS#8', pkcs8(p256.privateKey), undefined],
    ['SEC 1', p256.privateKey.export({ type: 'sec1', format: 'pem' }).toString(), undefined],
    ['encrypted PKCS#8', pkcs8(p256.privateKey, 'pass'), 'pass'],
    ['cosign’s', cosignKey(der, 'pass'), 'pass'],
    ['cosign’s of before 2022', cosignKey(der, 'pass', 'COSIGN'), 'pass'],
    ['cosign’s without a password', cosignKey(der, ''), undefined],
  ])('%s is read, and signs what the public key verifies', (_, text, password) => {
    const key = readSigningKey(text, password);
    const payload = Buffer.from('{"a":1}');
    const signature = key.sign(payload);
    const encoded = preAuthEncoding('application/vnd.in-toto+json', payload);
    expect(verify('sha256', encoded, p256.publicKey, signature)).toBe(true);
    expect(isSignedBy(key.publicKey, payload, signature)).toBe(true);
    expect(isSignedBy(key.publicKey, Buffer.from('{"a":2}'), signature)).toBe(false);
    expect(isSignedBy(key.publicKey, payload, Buffer.alloc(0))).toBe(false);
  });

  test('Ed25519 signs the same each time', () => {
    const key = readSigningKey(pkcs8(ed25519.privateKey), undefined);
    const payload = Buffer.from('x');
    expect(key.sign(payload)).toEqual(key.sign(payload));
    expect(isSignedBy(ed25519.publicKey, payload, key.sign(payload))).toBe(true);
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
  const broken = cosignKey(der, 'pass').replace(/[A-Za-z0-9]{20}\n/, '\n');
  test.each([
    ['RSA', pkcs8(rsa), undefined, 'P-256, or Ed25519'],
    ['P-384', pkcs8(p384), undefined, 'P-256, or Ed25519'],
    ['encrypted, without a password', pkcs8(p256.privateKey, 'pass'), undefined, 'signing-password'],
    ['encrypted, with another password', pkcs8(p256.privateKey, 'pass'), 'other', 'signing-password'],
    ['cosign’s with another password', cosignKey(der, 'pass'), 'other', 'signing-password'],
    ['cosign’s that encrypts no key', cosignKey(Buffer.from('no'), 'pass'), 'pass', 'generate-key-pair'],
    ['cosign’s, cut', broken, 'pass', 'generate-key-pair'],
    ['a public key', p256.publicKey.export({ type: 'spki', format: 'pem' }).toString(), undefined, 'cosign.key'],
    ['no key', 'hello', undefined, 'cosign.key'],
  ])('%s is refused without a word of it', (_, text, password, hint) => {
    let thrown: Error & { code?: string; hint?: string };
    try {
      readSigningKey(text, password);
      throw new Error('it was read');
    } catch (error) {
      thrown = error as Error;
    }
    expect([thrown.code, thrown.hint]).toEqual(['SIGNING_KEY', expect.stringContaining(hint)]);
    expect(thrown.cause).toBeUndefined();
    for (const line of text.split('\n').filter(one => one.length > 20 && !one.startsWith('--')))
      expect(thrown.message).not.toContain(line);
  });

  test('what a test makes is a key', () => {
    expect(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).asymmetricKeyType).toBe('ec');
  });
});

test('the encoding is the specification’s own example', () => {
  expect(preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world')).toString()).toBe(
    'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  );
});
