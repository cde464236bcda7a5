// Whatever stands in a file or an input: a value, or one of our errors; never another exception, never a flag.
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlipwayError } from '../../src/core/errors.ts';
import { parseTarget } from '../../src/core/target.ts';
import { fill, valuesOf } from '../../src/setup-go-cross/build/output.ts';
import { type BuildSettings, commandLine, planBuilds } from '../../src/setup-go-cross/build/plan.ts';
import { escapePath } from '../../src/setup-go-cross/go-command.ts';
import { parseGoLines, toolchainOf } from '../../src/setup-go-cross/go-version/go-mod.ts';
import { parseGoVersion, tryParseGoVersion } from '../../src/setup-go-cross/go-version/go-version.ts';
import { choose, parseWanted } from '../../src/setup-go-cross/go-version/wanted.ts';
import { packagePatterns, tagList } from '../../src/setup-go-cross/package-values.ts';
import { targets } from '../../src/setup-go-cross/targets-value.ts';
import { bareProxies, parseGoProxy } from '../../src/setup-go-cross/toolchain/go-proxy.ts';

/** A value, or undefined for one of our own errors. */
function orRefused<T>(task: () => T): T | undefined {
  try {
    return task();
  } catch (error) {
    if (error instanceof SlipwayError) return undefined;
    throw error;
  }
}

const version = fc
  .tuple(fc.nat(3), fc.nat(40), fc.option(fc.nat(20)), fc.constantFrom('', 'rc1', 'beta2'))
  .map(([major, minor, patch, pre]) => `${major}.${minor}${patch === null ? '' : `.${patch}`}${pre}`);
const junk = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('(', ')', '//', '\r', '\t', '"', '`'),
);
const goLine = fc.oneof(
  version.map(text => `go ${text}`),
  version.map(text => `toolchain go${text}`),
  version.map(text => `go (\n\t${text}\n)`),
  junk.map(text => `go ${text}`),
  junk.map(text => `toolchain ${text}`),
  junk,
);

test('go.mod and go.work: lines of any kind', () => {
  fc.assert(
    fc.property(fc.array(goLine), rows => {
      const lines = parseGoLines(rows.join('\n'));
      const asked = orRefused(() => toolchainOf(lines, 'go.mod'));
      if (asked !== undefined) expect(tryParseGoVersion(asked)).toBeDefined();
    }),
    { numRuns: 500 },
  );
});

test('go.mod: comments, spaces and line ends of Windows change nothing', () => {
  const space = fc.constantFrom('', ' ', '\t', '  ');
  fc.assert(
    fc.property(
      version,
      space,
      space,
      fc.constantFrom('', ' // toolchain go9.9.9', '\r'),
      (text, before, after, end) => {
        const file = `module example.com/a\n${before}go ${text}${after}${end}\n// go 9.9\n`;
        expect(parseGoLines(file)).toEqual({ go: text, toolchain: undefined });
      },
    ),
  );
});

test('what go-version may be: a version that is among those there are, or an error', () => {
  fc.assert(
    fc.property(fc.oneof(version, junk), fc.array(version), (text, available) => {
      const wanted = orRefused(() => parseWanted(text, 'input'));
      const chosen = wanted && choose(wanted, available);
      if (chosen !== undefined) expect(available.map(tryParseGoVersion)).toContainEqual(parseGoVersion(chosen));
    }),
  );
});

test('targets of any kind', () => {
  const word = fc.oneof(
    fc.constantFrom('linux', 'arm', 'v7', 'windows', 'amd64', '..', '__proto__', 'constructor'),
    junk,
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 4 }), words => {
      const read = orRefused(() => targets.parse(words.join('/')));
      for (const { os, arch } of read ?? []) expect(`${os}${arch}`).toMatch(/^[a-z0-9]+$/);
    }),
  );
});

test('GOPROXY of any kind; a password is never shown', () => {
  const entry = fc.oneof(fc.webUrl(), fc.constantFrom('direct', 'off', 'noproxy', ''), junk);
  fc.assert(
    fc.property(fc.array(fc.tuple(entry, fc.constantFrom(',', '|'))), parts => {
      orRefused(() => parseGoProxy(parts.flat().join('')));
    }),
  );
  expect(bareProxies('https://ada:hush@a.test/x|http://b.test,direct')).toBe('https://a.test/x|http://b.test,direct');
});

const hello = { path: 'example.com/hello', name: 'hello', module: 'example.com/hello' };
const nasty = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ' ',
    '-o',
    '--',
    '-toolexec=touch x',
    '$(touch x)',
    '`x`',
    "it's",
    '"',
    '\n',
    ';&|',
    '{name}',
    '{nam}',
    '{',
  ),
);

test('output templates: filled once, and what was filled in is not read again', () => {
  fc.assert(
    fc.property(fc.array(nasty), nasty, (parts, name) => {
      const values = valuesOf(name, parseTarget('linux/arm/v7'), 'v1', 'c0ffee', '');
      const filled = orRefused(() => fill(parts.join(''), values));
      const expected = parts.join('').replaceAll('{name}', () => name);
      if (filled !== undefined && !/\{[a-z-]+\}/.test(parts.join('').replaceAll('{name}', '')))
        expect(filled).toBe(expected);
    }),
  );
});

test('flags: whatever an input holds stays within its own argument', () => {
  fc.assert(
    fc.property(nasty, nasty, nasty, (output, ldflags, version) => {
      const settings: BuildSettings = {
        directory: '/w',
        output: `out/${output}`,
        ldflags,
        stamp: version,
        tags: 'a,b',
        trimpath: true,
        version,
        commit: '',
      };
      const [build] = orRefused(() => planBuilds([hello], [parseTarget('linux/amd64')], settings)) ?? [];
      for (const flag of build?.flags ?? []) expect(flag).toMatch(/^-(trimpath|buildvcs=auto|ldflags=|tags=a,b)/);
    }),
  );
});

test('the printed line is one line of a shell, and go gets the same words', () => {
  const settings: BuildSettings = {
    directory: '/w',
    output: 'x',
    ldflags: '',
    stamp: undefined,
    tags: '',
    trimpath: true,
    version: 'v1',
    commit: '',
  };
  const [build] = planBuilds([hello], [parseTarget('linux/amd64')], settings);
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), output => {
      const quoted = / -o ('.*'|\S+) example\.com\/hello$/s.exec(commandLine(build!, output))![1]!;
      // A single-quoted word of a POSIX shell, or one of harmless characters only.
      const read = quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll("'\\''", "'") : quoted;
      expect(read).toBe(output);
    }),
  );
});

test('packages and tags: never a flag', () => {
  fc.assert(
    fc.property(fc.array(nasty), words => {
      for (const word of orRefused(() => packagePatterns.parse(words.join('\n'))) ?? []) expect(word).not.toMatch(/^-/);
      for (const word of orRefused(() => tagList.parse(words.join('\n'))) ?? [])
        expect(word).toMatch(/^[\p{L}\p{Nd}_.]+$/u);
    }),
  );
});

test('paths of the module cache: capital letters as go writes them', () => {
  expect(escapePath('github.com/Azure/azure-sdk')).toBe('github.com/!azure/azure-sdk');
});
