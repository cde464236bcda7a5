import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderEnvironment } from '../../src/deploy-ssh-systemd/environment-file.ts';
import { quoteArgument, renderUnit } from '../../src/deploy-ssh-systemd/unit-file.ts';

const options = {
  service: 'hello',
  directory: '/opt/slipway/hello',
  args: ['-port', '8080', 'a b', '100%', '$HOME'],
  runAs: 'dynamic',
  type: 'notify',
  listen: 8080,
} as const;

describe('renderUnit', () => {
  test('the whole file', () => {
    expect(renderUnit(options)).toMatchSnapshot();
  });

  test('a port below 1024 brings its capability and nothing else', () => {
    const [plain, low] = [renderUnit(options), renderUnit({ ...options, listen: 443 })].map(text => text.split('\n'));
    expect(low!.filter(line => !plain!.includes(line))).toEqual([
      'CapabilityBoundingSet=CAP_NET_BIND_SERVICE',
      'AmbientCapabilities=CAP_NET_BIND_SERVICE',
    ]);
  });

  test('no argument makes a second line or a directive', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }).map(text => text.replaceAll('\0', ''))), args => {
        const lines = (given: readonly string[]) => renderUnit({ ...options, args: given }).split('\n').length;
        expect(lines(args)).toBe(lines([]));
      }),
    );
  });

  test('what systemd reads back is the argument (systemd.service(5), systemd.syntax(7))', () => {
    const read = (quoted: string) => {
      const bare = quoted.startsWith('"')
        ? quoted.slice(1, -1).replaceAll(/\\(.)/g, (_, char: string) => ({ n: '\n', t: '\t', r: '\r' })[char] ?? char)
        : quoted;
      return bare.replaceAll('%%', '%').replaceAll('$$', '$');
    };
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: fc.constantFrom('"', '\\', '$', '%', 'n', ' ', "'", '\n', 'ä', ';', '\t') }),
        text => {
          expect(read(quoteArgument(text))).toBe(text);
        },
      ),
    );
  });
});

describe('renderEnvironment', () => {
  test.each([
    ['plain', 'x', 'A="x"\n'],
    ['quotes and dollars', '"$`\\', 'A="\\"\\$\\`\\\\"\n'],
    ['what a shell would split', "a b'c;#", `A="a b'c;#"\n`],
    ['nothing', '', 'A=""\n'],
  ])('%s', (_name, value, expected) => {
    expect(renderEnvironment({ A: value })).toBe(expected);
  });

  test('the order of the input does not matter', () => {
    expect(renderEnvironment({ B: '1', A: '2' })).toBe(renderEnvironment({ A: '2', B: '1' }));
  });
});
