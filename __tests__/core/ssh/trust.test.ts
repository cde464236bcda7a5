import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { fingerprint, parseFingerprints } from '../../../src/core/ssh/fingerprints.ts';
import { parseKnownHosts } from '../../../src/core/ssh/known-hosts.ts';
import { readTrust } from '../../../src/core/ssh/read-trust.ts';
import { distrust, hostKeyAlgorithms } from '../../../src/core/ssh/trust.ts';

/** The wire form of a key of this type; its bytes need not be a real point. */
function blob(type: string, fill: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, fill)]);
}

const ed = blob('ssh-ed25519', 1);
const other = blob('ssh-ed25519', 2);
const rsa = blob('ssh-rsa', 3);
const line = (names: string, key: Buffer, type = 'ssh-ed25519') => `${names} ${type} ${key.toString('base64')} comment`;
const at = (host: string, port = 22) => ({ user: 'u', host, port });
const codeFor = (text: string, host: string, port: number, key: Buffer) =>
  distrust({ knownHosts: parseKnownHosts(text) }, at(host, port), key)?.code;

function hashed(name: string): string {
  const salt = Buffer.alloc(20, 7);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

describe('known-hosts', () => {
  test.each([
    ['the name', line('app1', ed), 'app1', 22, undefined],
    ['another case', line('app1', ed), 'App1', 22, undefined],
    ['one of several names', line('x,app1,192.0.2.1', ed), '192.0.2.1', 22, undefined],
    ['a pattern', line('*.example.com', ed), 'a.example.com', 22, undefined],
    ['a pattern that is negated', line('*.example.com,!a.example.com', ed), 'a.example.com', 22, 'HOST_KEY_UNKNOWN'],
    ['a dot is no wildcard', line('a.b', ed), 'axb', 22, 'HOST_KEY_UNKNOWN'],
    ['a port', line('[app1]:2222', ed), 'app1', 2222, undefined],
    ['a name without port stands for all ports', line('app1', ed), 'app1', 2222, undefined],
    [
      'but not where the port has a key of its own',
      `${line('app1', ed)}\n${line('[app1]:2222', other)}`,
      'app1',
      2222,
      'HOST_KEY_MISMATCH',
    ],
    [
      'a name revoked without port is so on all ports',
      `@revoked ${line('app1', ed)}\n${line('[app1]:2222', ed)}`,
      'app1',
      2222,
      'HOST_KEY_REVOKED',
    ],
    ['a certificate authority only', `@cert-authority ${line('*', ed)}`, 'app1', 22, 'HOST_KEY_UNKNOWN'],
    ['a hashed name', line(hashed('app1'), ed), 'app1', 22, undefined],
    ['a hashed name with port', line(hashed('[app1]:2222'), ed), 'app1', 2222, undefined],
    ['a hashed name of another host', line(hashed('app2'), ed), 'app1', 22, 'HOST_KEY_UNKNOWN'],
    ['another key', line('app1', other), 'app1', 22, 'HOST_KEY_MISMATCH'],
    ['a revoked key', `@revoked ${line('app1', ed)}\n${line('app1', ed)}`, 'app1', 22, 'HOST_KEY_REVOKED'],
    ['another host', line('app2', ed), 'app1', 22, 'HOST_KEY_UNKNOWN'],
  ])('%s', (_name, text, host, port, expected) => {
    expect(codeFor(text, host, port, ed)).toBe(expected);
  });

  test('an error names what was offered and what was expected', () => {
    const error = distrust({ knownHosts: parseKnownHosts(line('app1', other)) }, at('app1'), ed);
    expect(error?.message).toContain(fingerprint(ed));
    expect(error?.message).toContain(fingerprint(other));
  });

  test('what a certificate authority vouches for is no host key, and the error says so', () => {
    const error = distrust({ knownHosts: parseKnownHosts(`@cert-authority ${line('*', other)}`) }, at('app1'), ed);
    expect(error?.message).toMatch(/@cert-authority.*not supported.*it offered ssh-ed25519 SHA256:/);
  });

  test.each([
    ['an unknown marker', `@trusted ${line('*', ed)}`],
    ['a line that is cut', 'app1 ssh-ed25519'],
    ['a key of another type than it says', line('app1', rsa)],
    ['base64 that is cut', `app1 ssh-ed25519 ${ed.toString('base64').slice(0, 8)}`],
    ['nothing', '# only a comment'],
  ])('%s is an error', (_name, text) => {
    expect(() => parseKnownHosts(text)).toThrow(expect.objectContaining({ code: 'KNOWN_HOSTS_INVALID' }));
  });

  test('the algorithms of known keys are offered first; SHA-1 never', () => {
    const trust = { knownHosts: parseKnownHosts(line('app1', rsa, 'ssh-rsa')) };
    expect(hostKeyAlgorithms(trust, at('app1')).slice(0, 2)).toEqual(['rsa-sha2-512', 'rsa-sha2-256']);
    expect(hostKeyAlgorithms(trust, at('app2'))[0]).toBe('ssh-ed25519');
    expect(hostKeyAlgorithms(trust, at('app1'))).not.toContain('ssh-rsa');
    expect(hostKeyAlgorithms(trust, at('app1'), ['ssh-rsa'])).not.toContain('rsa-sha2-512');
  });
});

describe('host-fingerprints', () => {
  const pin = fingerprint(ed);
  const strange = { fingerprint: fingerprint(other) };

  test('as ssh-keygen prints them, or alone', () => {
    const pins = parseFingerprints(`256 ${pin} root@app1 (ED25519)\n\n# c\n${pin}`);
    expect(pins).toEqual([{ fingerprint: pin, kind: 'ed25519' }, { fingerprint: pin }]);
    expect(distrust({ pins }, at('anything', 99), ed)).toBeUndefined();
    expect(distrust({ pins }, at('anything', 99), other)?.code).toBe('HOST_KEY_MISMATCH');
  });

  test.each([
    ['RSA', 'rsa-sha2-512'],
    ['ECDSA', 'ecdsa-sha2-nistp256'],
    ['ED25519', 'ssh-ed25519'],
  ])('a line that says %s has %s offered first', (kind, first) => {
    const pins = parseFingerprints(`256 ${pin} root@app1 (${kind})`);
    expect(hostKeyAlgorithms({ pins }, at('app1'))[0]).toBe(first);
  });

  test('pins of a host alone count for it, but what is revoked stays so', () => {
    const own = { ...at('app1'), fingerprints: [{ fingerprint: pin }] };
    expect(distrust({ pins: [strange] }, own, ed)).toBeUndefined();
    expect(distrust({ pins: [strange] }, own, other)?.code).toBe('HOST_KEY_MISMATCH');
    expect(distrust({ knownHosts: parseKnownHosts(line('app1', other)) }, own, other)?.code).toBe('HOST_KEY_MISMATCH');
    const revoked = { knownHosts: parseKnownHosts(`@revoked ${line('*', ed)}`) };
    expect(distrust(revoked, own, ed)?.code).toBe('HOST_KEY_REVOKED');
  });

  test('one of the two inputs is required, unless every host and jump host has pins of its own', () => {
    const own = { ...at('app1'), fingerprints: [{ fingerprint: pin }] };
    const required = expect.objectContaining({ code: 'HOST_KEY_REQUIRED' });
    expect(readTrust({}, [own])).toEqual({});
    expect(() => readTrust({}, [])).toThrow(required);
    expect(() => readTrust({}, [own, at('app2')])).toThrow(required);
    expect(() => readTrust({}, [own], [at('jump')])).toThrow(required);
    expect(readTrust({}, [{ ...own, jumpHosts: [] }], [at('jump')])).toEqual({});
  });

  test.each(['MD5:aa:bb', 'SHA256:short', 'x'])('%s is an error', text => {
    expect(() => parseFingerprints(text)).toThrow(expect.objectContaining({ code: 'FINGERPRINT_INVALID' }));
  });
});
