import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { parseKnownHosts } from '../../../src/core/ssh/known-hosts.ts';
import { distrust, fingerprint, hostKeyAlgorithms, parseFingerprints } from '../../../src/core/ssh/trust.ts';

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
    ['a name without its port', line('app1', ed), 'app1', 2222, 'HOST_KEY_UNKNOWN'],
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

  test.each([
    ['a certificate authority', `@cert-authority ${line('*', ed)}`],
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
  test('as ssh-keygen prints them, or alone', () => {
    const pin = fingerprint(ed);
    expect(parseFingerprints(`256 ${pin} root@app1 (ED25519)\n\n# c\n${pin}`)).toEqual([pin, pin]);
    expect(distrust({ fingerprints: [pin] }, at('anything', 99), ed)).toBeUndefined();
    expect(distrust({ fingerprints: [pin] }, at('anything', 99), other)?.code).toBe('HOST_KEY_MISMATCH');
  });

  test.each(['MD5:aa:bb', 'SHA256:short', 'x'])('%s is an error', text => {
    expect(() => parseFingerprints(text)).toThrow(expect.objectContaining({ code: 'FINGERPRINT_INVALID' }));
  });
});
