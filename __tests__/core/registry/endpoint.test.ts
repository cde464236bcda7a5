import { describe, expect, test } from '@jest/globals';
import { originOf, resolveLocation } from '../../../src/core/registry/endpoint.ts';

describe('originOf', () => {
  test.each([
    ['ghcr.io', false, 'https://ghcr.io'],
    ['docker.io', false, 'https://registry-1.docker.io'],
    ['registry.example.com:5000', false, 'https://registry.example.com:5000'],
    ['registry.example.com:5000', true, 'http://registry.example.com:5000'],
    ['registry.example.com:5000', ['registry.example.com:5000'], 'http://registry.example.com:5000'],
    ['registry.example.com:5000', ['registry.example.com'], 'https://registry.example.com:5000'],
    ['127.0.0.1:5000', false, 'http://127.0.0.1:5000'],
    ['127.9.9.9:5000', false, 'http://127.9.9.9:5000'],
    ['[::1]:5000', false, 'http://[::1]:5000'],
    ['localhost:5000', false, 'http://localhost:5000'],
    ['localhost.example.com', false, 'https://localhost.example.com'],
  ])('%s, insecure %j: %s', (host, insecure, origin) => {
    expect(originOf(host, insecure).origin).toBe(origin);
  });
});

describe('resolveLocation', () => {
  const from = new URL('https://registry.example.com/v2/a/blobs/uploads/');

  test.each([
    ['relative', '/v2/a/blobs/uploads/1?_state=x', 'https://registry.example.com/v2/a/blobs/uploads/1?_state=x'],
    ['relative to the path', 'uuid', 'https://registry.example.com/v2/a/blobs/uploads/uuid'],
    ['another origin', 'https://storage.example.net/x?sig=1', 'https://storage.example.net/x?sig=1'],
  ])('follows %s', (_, location, expected) => {
    expect(resolveLocation(location, from).href).toBe(expected);
  });

  test.each([
    ['nothing', ''],
    ['what is no URL', 'http://'],
    ['plain HTTP after HTTPS', 'http://registry.example.com/x'],
    ['another protocol', 'file:///etc/passwd'],
    ['this machine', 'https://127.0.0.1:8443/x'],
    ['this machine by name', 'https://localhost/x'],
    ['this machine over IPv6', 'https://[::1]/x'],
    ['the metadata service of clouds', 'https://169.254.169.254/latest/meta-data'],
    ['credentials', 'https://user:secret@storage.example.net/x'],
  ])('refuses %s', (_, location) => {
    expect(() => resolveLocation(location, from)).toThrow(expect.objectContaining({ code: 'REGISTRY_REDIRECT' }));
  });

  test('a registry of this machine may point to this machine', () => {
    const local = new URL('http://127.0.0.1:5000/v2/');
    expect(resolveLocation('http://127.0.0.1:5001/token', local).port).toBe('5001');
  });

  test('does not show a signature', () => {
    expect(() => resolveLocation('http://storage.example.net/x?sig=secret', from)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    );
  });
});
