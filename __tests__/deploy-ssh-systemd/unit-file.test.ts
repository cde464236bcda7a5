import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Assignment, directives, fitUnit } from '../../src/deploy-ssh-systemd/directives.ts';
import { renderEnvironment } from '../../src/deploy-ssh-systemd/environment-file.ts';
import { limitVariables } from '../../src/deploy-ssh-systemd/limit-variables.ts';
import { quoteArgument } from '../../src/deploy-ssh-systemd/quote.ts';
import { renderSocket, renderUnit, type UnitOptions } from '../../src/deploy-ssh-systemd/unit-file.ts';
import { cpuQuota, logRateLimit, overrides, units } from '../../src/deploy-ssh-systemd/unit-values.ts';
import { plainOptions } from './unit-options.ts';

const options: UnitOptions = {
  ...plainOptions,
  args: ['-port', '8080', 'a b', '100%', '$HOME'],
  type: 'notify',
  listen: { port: 8080 },
};
const linesOf = (changes: Partial<UnitOptions>) => renderUnit({ ...options, ...changes }).split('\n');
/** What a change adds to the unit, and what it takes away. */
const difference = (changes: Partial<UnitOptions>) => {
  const [before, after] = [linesOf({}), linesOf(changes)];
  return [
    ...before.filter(line => !after.includes(line)).map(line => `-${line}`),
    ...after.filter(line => !before.includes(line)).map(line => `+${line}`),
  ];
};

describe('renderUnit', () => {
  test('the whole file', () => {
    expect(renderUnit(options)).toMatchSnapshot();
  });

  test('the socket is ours, and nothing but a listener', () => {
    expect(renderSocket('hello', '/opt/slipway/hello', '8080')).toMatchSnapshot();
  });

  test.each<[Partial<UnitOptions>, string[]]>([
    [
      // whoever gets a socket needs no right to open it
      { restartMethod: 'socket', listen: { port: 443 } },
      ['-After=network-online.target', '+After=network-online.target hello.socket', '+Requires=hello.socket'],
    ],
    [{ restartMethod: 'upgrade-signal' }, ['+NotifyAccess=all']],
    [
      { restartMethod: 'upgrade-signal', type: 'exec', pidFile: '/run/hello/pid' },
      ['-Type=notify', '+Type=exec', '+RuntimeDirectory=hello', '+PIDFile=/run/hello/pid'],
    ],
  ])('%j brings its directives and nothing else', (changes, expected) => {
    expect(difference(changes)).toEqual(expected);
  });

  const low = ['CapabilityBoundingSet=', 'AmbientCapabilities='];
  test.each<[string, Partial<UnitOptions>, string[]]>([
    [
      'a port below 1024',
      { listen: { port: 443 } },
      [...low.map(line => `-${line}`), ...low.map(line => `+${line}CAP_NET_BIND_SERVICE`)],
    ],
    ['a user of the host', { runAs: 'www-data' }, ['-DynamicUser=yes', '+User=www-data', '+RemoveIPC=yes']],
    ['restart', { restart: 'on-failure' }, ['-Restart=always', '+Restart=on-failure']],
    [
      'units before it',
      { after: ['redis.service'] },
      ['-After=network-online.target', '+After=network-online.target redis.service'],
    ],
    [
      'limits',
      { memoryMax: 536_870_912, cpuQuota: 150, tasksMax: 99, limitNofile: 65_536, watchdog: 30_000 },
      ['+WatchdogSec=30000ms', '+MemoryMax=536870912', '+CPUQuota=150%', '+TasksMax=99', '+LimitNOFILE=65536'],
    ],
    [
      'a limit of log',
      { logRateLimit: { burst: 500, interval: 5000 } },
      ['+LogRateLimitIntervalSec=5000ms', '+LogRateLimitBurst=500'],
    ],
    [
      'credentials and files',
      { credentials: ['key'], hasFiles: true },
      [
        '+LoadCredential=key:/opt/slipway/hello/current/credentials/key',
        '+WorkingDirectory=/opt/slipway/hello/current/files',
      ],
    ],
    [
      'the strict sandbox',
      { hardening: 'strict', listen: { port: 8080, loopback: true } },
      ['+PrivateUsers=yes', '+PrivateIPC=yes', '+IPAddressDeny=any', '+IPAddressAllow=localhost'],
    ],
    [
      'an override, one that leaves out, and one that is new',
      {
        overrides: [
          { name: 'SystemCallFilter', value: '@system-service' },
          { name: 'MemoryDenyWriteExecute', value: '' },
          { name: 'Nice', value: '5' },
        ],
      },
      ['-MemoryDenyWriteExecute=yes', '-SystemCallFilter=~@privileged @resources', '+Nice=5'],
    ],
  ])('%s', (_name, changes, expected) => expect(difference(changes)).toEqual(expected));

  test('without a sandbox only the capability of a low port stays', () => {
    expect(
      linesOf({ hardening: 'off', listen: { port: 80 } }).filter(line => /^(Protect|Private|.*Capab)/.test(line)),
    ).toEqual(['AmbientCapabilities=CAP_NET_BIND_SERVICE']);
  });

  test('what an older systemd does not know is left out, and named', () => {
    const { text, left } = fitUnit(renderUnit({ ...options, hardening: 'strict' }), 241);
    expect(left).toEqual([
      'ProtectKernelLogs',
      'ProtectClock',
      'ProtectHostname',
      'ProtectProc',
      'RestrictSUIDSGID',
      'PrivateIPC',
    ]);
    expect(text).not.toMatch(/ProtectClock|ProtectProc/);
    expect(text).toContain('ProtectSystem=strict');
    const whole = renderUnit(options);
    expect(fitUnit(whole, 252)).toEqual({ text: whole, left: [] });
  });

  test('every directive that is written is in the table', () => {
    const all = linesOf({
      runAs: 'x',
      hardening: 'strict',
      listen: { port: 80, loopback: true },
      credentials: ['a'],
      hasFiles: true,
      memoryMax: 1,
      cpuQuota: 1,
      tasksMax: 1,
      limitNofile: 1,
      watchdog: 1,
      logRateLimit: { burst: 1, interval: 1 },
    });
    const names = [...all, ...linesOf({})].flatMap(line => /^([^#[=]+)=/.exec(line)?.[1] ?? []);
    expect(names.filter(name => !directives.has(name))).toEqual([]);
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
        ? quoted
            .slice(1, -1)
            .replaceAll(/\\(x..|.)/g, (_, char: string) =>
              char.length === 3
                ? String.fromCharCode(Number.parseInt(char.slice(1), 16))
                : ({ n: '\n', t: '\t', r: '\r' }[char] ?? char),
            )
        : quoted;
      return bare.replaceAll('%%', '%').replaceAll('$$', '$');
    };
    fc.assert(
      fc.property(
        fc.string({
          minLength: 1,
          unit: fc.constantFrom('"', '\\', '$', '%', 'n', ' ', "'", '\n', 'ä', ';', '\t', 'x', '\x01', '\x7f'),
        }),
        text => {
          expect(read(quoteArgument(text))).toBe(text);
        },
      ),
    );
  });
});

describe('unit-overrides', () => {
  test.each([
    ['ProtectHome=read-only', [{ name: 'ProtectHome', value: 'read-only' }]],
    [
      'Nice = 5\nReadWritePaths=/srv/a b',
      [
        { name: 'Nice', value: '5' },
        { name: 'ReadWritePaths', value: '/srv/a b' },
      ],
    ],
    ['PrivateTmp=', [{ name: 'PrivateTmp', value: '' }]],
  ])('%j', (text, expected) => expect(overrides.parse(text)).toEqual(expected));

  test.each(['ExecStart=/bin/sh', 'User=root', 'ProtectHom=yes', 'Nice', '[Unit]', 'Nice=5\\', 'Nice=5\x07', 'X=y=z'])(
    'not %j',
    text => expect(() => overrides.parse(text)).toThrow(),
  );

  test('no text makes a second line, a section or a directive of another input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('Nice', 'ReadOnlyPaths'), (text, name) => {
        let given: readonly Assignment[];
        try {
          given = overrides.parse(`${name}=${text}`);
        } catch {
          return;
        }
        // a line break in the input is a second override, and as such looked at
        const added = linesOf({ overrides: given }).filter(line => !linesOf({}).includes(line));
        expect(added.every(line => directives.get(line.slice(0, line.indexOf('=')))?.input === undefined)).toBe(true);
        expect(added.length).toBeLessThanOrEqual(given.length);
      }),
    );
  });
});

test.each([
  [undefined, undefined, {}],
  [536_870_912, undefined, { GOMEMLIMIT: '483183820B' }],
  [undefined, 150, { GOMAXPROCS: '2' }],
  [undefined, 10, { GOMAXPROCS: '1' }],
])('limits of %p bytes and %p percent are told to the Go runtime', (memory, quota, expected) => {
  expect(limitVariables(memory, quota)).toEqual(expected);
});

describe('other values of the unit', () => {
  test.each([
    [cpuQuota, '150%', 150],
    [logRateLimit, '500/5s', { burst: 500, interval: 5000 }],
    [logRateLimit, 'off', { burst: 0, interval: 0 }],
    [units, 'postgresql, redis.socket', ['postgresql.service', 'redis.socket']],
  ])('%# %j', (value, text, expected) => expect(value.parse(text)).toEqual(expected));

  test.each([
    [cpuQuota, '1.5'],
    [cpuQuota, '0%'],
    [logRateLimit, '500'],
    [logRateLimit, '500/5'],
    [units, 'a b.service'],
    [units, '$(id).service'],
  ])('%# not %j', (value, text) => expect(() => value.parse(text)).toThrow());
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
