import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { readPrivateKey, repairLines } from '../../../src/core/ssh/private-key.ts';

const ed25519 = generateKeyPairSync('ed25519').privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pem = (key: typeof rsa, type: 'pkcs8' | 'pkcs1' | 'sec1', passphrase?: string) =>
  key.export({
    format: 'pem',
    type,
    ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
  } as never) as unknown as string;

const original = pem(rsa, 'pkcs1');

describe('readPrivateKey', () => {
  test.each([
    ['PKCS#8 ed25519', pem(ed25519, 'pkcs8'), undefined, 'ssh-ed25519'],
    ['PKCS#8 RSA', pem(rsa, 'pkcs8'), undefined, 'ssh-rsa'],
    ['PKCS#8 EC', pem(ec, 'pkcs8'), undefined, 'ecdsa-sha2-nistp256'],
    ['PKCS#1', pem(rsa, 'pkcs1'), undefined, 'ssh-rsa'],
    ['SEC 1', pem(ec, 'sec1'), undefined, 'ecdsa-sha2-nistp256'],
    ['encrypted PKCS#8', pem(ed25519, 'pkcs8', 'pass word'), 'pass word', 'ssh-ed25519'],
    ['encrypted PKCS#1', pem(rsa, 'pkcs1', 'pass word'), 'pass word', 'ssh-rsa'],
  ])('%s', async (_name, text, passphrase, type) => {
    const key = await readPrivateKey(text, passphrase);
    expect(key.name).toMatch(new RegExp(`^${type} SHA256:[A-Za-z0-9+/]{43}$`));
    const signature = key.key.sign(Buffer.from('x'), type === 'ssh-rsa' ? 'sha256' : (undefined as never));
    expect(signature).not.toBeInstanceOf(Error);
  });

  test('the same key has the same name in every form', async () => {
    const names = await Promise.all([pem(rsa, 'pkcs8'), pem(rsa, 'pkcs1')].map(text => readPrivateKey(text)));
    expect(names[0]!.name).toBe(names[1]!.name);
  });

  test('an error names the input', async () => {
    await expect(readPrivateKey('hello', undefined, 'jump-private-key')).rejects.toThrow('input "jump-private-key"');
  });

  test.each([
    ['CRLF', original.replaceAll('\n', '\r\n')],
    ['no last line end', original.trimEnd()],
    ['literal \\n', original.replaceAll('\n', '\\n')],
    ['blanks for line ends', original.trim().replaceAll('\n', ' ')],
    ['indentation', original.replaceAll('\n', '\n    ')],
    ['one long line', original.replaceAll(/(?<!-)\n(?!-)/g, '')],
    ['a byte order mark', `\uFEFF${original}`],
    ['double quotes', JSON.stringify(original)],
    ['single quotes', `'${original.trim()}'`],
    ['remarks around it', `Bag Attributes\n    friendlyName: x\n${original}\n# end`],
    ['parameters in front of it', `-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n${original}`],
    ['base64 of the whole', Buffer.from(original).toString('base64')],
  ])('repairs %s', (_name, text) => {
    expect(repairLines(text)).toBe(original);
  });

  test('keeps the header lines of an encrypted PEM key', async () => {
    const encrypted = pem(rsa, 'pkcs1', 'p').trim().replaceAll('\n', ' ');
    expect((await readPrivateKey(encrypted, 'p')).name).toContain('ssh-rsa');
  });

  test.each([
    ['nothing that is a key', 'hello', undefined, /neither an OpenSSH, PEM nor PKCS#8/],
    ['no end', original.slice(0, 400), undefined, /its end is missing/],
    ['no beginning', original.slice(100), undefined, /its beginning is missing/],
    ['a PuTTY key of version 3', 'PuTTY-User-Key-File-3: ssh-ed25519', undefined, /puttygen/],
    ['no passphrase', pem(ed25519, 'pkcs8', 'p'), undefined, /its passphrase is empty/],
    ['no passphrase for PKCS#1', pem(rsa, 'pkcs1', 'p'), undefined, /its passphrase is empty/],
    ['a wrong passphrase', pem(ed25519, 'pkcs8', 'p'), 'q', /passphrase does not fit/],
    [
      'a public key',
      `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 9)]).toString('base64')}`,
      undefined,
      /public key/,
    ],
  ])('%s is an error that shows nothing of it', async (_name, text, passphrase, said) => {
    const failure = readPrivateKey(text, passphrase);
    await expect(failure).rejects.toMatchObject({ code: 'PRIVATE_KEY_INVALID', message: expect.stringMatching(said) });
    if (text.length > 100)
      await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining(text.slice(60, 90)) });
  });
});
