import { describe, expect, test } from '@jest/globals';
import { formatHost, parseHosts } from '../../../src/core/ssh/hosts.ts';

describe('parseHosts', () => {
  test.each([
    ['deploy@app1', 'deploy@app1:22'],
    ['deploy@app1.example.com:2222', 'deploy@app1.example.com:2222'],
    ['a.b_c-d@192.0.2.1', 'a.b_c-d@192.0.2.1:22'],
    ['root@[2001:db8::1]:2222', 'root@[2001:db8::1]:2222'],
  ])('%s', (text, expected) => {
    expect(parseHosts(text).map(formatHost)).toEqual([expected]);
  });

  test('one a line; blank lines and comments are left out', () => {
    expect(parseHosts('\n# web\n a@x \n\nb@y:1\n').map(formatHost)).toEqual(['a@x:22', 'b@y:1']);
  });

  test.each([
    'app1',
    '@app1',
    'a@',
    'a@b:0',
    'a@b:65536',
    'a@-oProxyCommand=x',
    'a b@c',
    'a@b;c',
    'a@b\u0000',
    '-x@b',
    'a@2001:db8::1',
  ])('%j is refused', text => {
    expect(() => parseHosts(text)).toThrow(expect.objectContaining({ code: 'HOST_INVALID' }));
  });

  test('a host twice is refused, also when its port is written once', () => {
    expect(() => parseHosts('a@b\na@b:22')).toThrow(expect.objectContaining({ code: 'HOST_INVALID' }));
  });
});
