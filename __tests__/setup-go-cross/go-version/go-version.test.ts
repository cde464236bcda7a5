import { expect, test } from '@jest/globals';
import { parseGoLines, toolchainOf } from '../../../src/setup-go-cross/go-version/go-mod.ts';
import {
  compareGo,
  formatGoVersion,
  parseGoVersion,
  toSemver,
  tryParseGoVersion,
} from '../../../src/setup-go-cross/go-version/go-version.ts';
import { choose, parseWanted, withPolicy } from '../../../src/setup-go-cross/go-version/wanted.ts';

const parsed: { text: string; go: string; semver: string }[] = [
  { text: '1.26.8', go: '1.26.8', semver: '1.26.8' },
  { text: 'go1.26.8', go: '1.26.8', semver: '1.26.8' },
  { text: '1.26', go: '1.26', semver: '1.26.0' },
  { text: '1.26rc1', go: '1.26rc1', semver: '1.26.0-rc.1' },
  { text: '1.26.0-rc.1', go: '1.26rc1', semver: '1.26.0-rc.1' },
  { text: '1.26-rc.1', go: '1.26rc1', semver: '1.26.0-rc.1' },
  { text: '1.9.2rc2', go: '1.9.2rc2', semver: '1.9.2-rc.2' },
  { text: '1.26beta2', go: '1.26beta2', semver: '1.26.0-beta.2' },
];
test.each(parsed)('parses $text', ({ text, go, semver }) => {
  const version = parseGoVersion(text);
  expect([formatGoVersion(version), toSemver(version)]).toEqual([go, semver]);
});

test.each(['', '1', '1.26.', 'v1.26.8', '1.26.8.1', '1.26.3rc1', '1.26.x', 'latest'])('"%s" is no version', text => {
  expect(tryParseGoVersion(text)).toBeUndefined();
});

test('the order of the go command', () => {
  const sorted = [
    '1.9.1',
    '1.9.2rc2',
    '1.9.2',
    '1.20rc1',
    '1.20',
    '1.20.1',
    '1.26',
    '1.26beta1',
    '1.26rc1',
    '1.26rc2',
    '1.26.0',
    '1.26.9',
    '1.26.10',
  ];
  const shuffled = [...sorted].sort().reverse().map(parseGoVersion);
  expect(shuffled.sort(compareGo).map(formatGoVersion)).toEqual(sorted);
});

// As cmd/go/internal/toolchain decides (go.dev/doc/toolchain).
const modFiles: { name: string; text: string; expected: string | undefined }[] = [
  { name: 'the go line', text: 'module m\n\ngo 1.26.8\n', expected: '1.26.8' },
  { name: 'a language version is its first release, not the newest patch', text: 'go 1.26', expected: '1.26.0' },
  { name: 'before 1.21 the first release had no patch', text: 'go 1.20', expected: '1.20' },
  { name: 'a newer toolchain line wins', text: 'go 1.25.0\ntoolchain go1.26.8', expected: '1.26.8' },
  { name: 'an older toolchain line does not', text: 'go 1.26.8\ntoolchain go1.25.1', expected: '1.26.8' },
  { name: 'toolchain default says nothing', text: 'go 1.25.3\ntoolchain default', expected: '1.25.3' },
  { name: 'a release candidate', text: 'go 1.27rc1', expected: '1.27rc1' },
  { name: 'a toolchain with a suffix', text: 'go 1.25.3\ntoolchain go1.26.8-acme', expected: '1.26.8' },
  { name: 'a comment behind the line', text: 'go 1.26.8 // as in CI', expected: '1.26.8' },
  {
    name: 'a module named like the line',
    text: 'module go\nrequire (\n\tgo.uber.org/zap v1.27.0\n)\ngo 1.26.8',
    expected: '1.26.8',
  },
  { name: 'a block', text: 'toolchain (\n\tgo1.26.8\n)\ngo 1.25.0\n', expected: '1.26.8' },
  { name: 'carriage returns', text: 'module m\r\ngo 1.26.8\r\n', expected: '1.26.8' },
  { name: 'no go line', text: 'module m\n', expected: undefined },
];
test.each(modFiles)('go.mod: $name', ({ text, expected }) => {
  expect(toolchainOf(parseGoLines(text), 'go.mod')).toBe(expected);
});

test('a go line that names no version is an error with the line', () => {
  expect(() => toolchainOf({ go: '1.26.x', toolchain: undefined }, 'a/go.mod')).toThrow(
    'the line "go 1.26.x" of a/go.mod',
  );
});

const available = ['1.27beta1', '1.26.8', '1.26.10', '1.26.9', '1.27rc1', '1.25.3', '1.20', '1.20.14'];
const chosen: { spec: string; expected: string | undefined }[] = [
  { spec: '1.26.8', expected: '1.26.8' },
  { spec: '1.26', expected: '1.26.10' },
  { spec: '1.26.x', expected: '1.26.10' },
  { spec: '^1.25', expected: '1.26.10' },
  { spec: '>=1.25 <1.26', expected: '1.25.3' },
  { spec: '1.20.0', expected: '1.20' },
  { spec: '1.20', expected: '1.20.14' },
  { spec: 'stable', expected: '1.26.10' },
  { spec: 'oldstable', expected: '1.25.3' },
  { spec: '1.27rc1', expected: '1.27rc1' },
  { spec: '1.27beta1', expected: '1.27beta1' },
  { spec: '>=1.27beta1', expected: '1.27rc1' },
  { spec: '^1.27.0-0', expected: '1.27rc1' },
  { spec: '*', expected: '1.26.10' },
  { spec: '1.27', expected: undefined },
  { spec: '1.26.11', expected: undefined },
];
test.each(chosen)('go-version $spec chooses $expected', ({ spec, expected }) => {
  expect(choose(parseWanted(spec, 'test'), available)).toBe(expected);
});

test.each(['', 'abc', 'go', '1.26.8rc1', 'newest'])('go-version "%s" is refused', spec => {
  expect(() => parseWanted(spec, 'test')).toThrow(expect.objectContaining({ code: 'GO_VERSION_INVALID' }));
});

const policies: { version: string; expected: string | undefined }[] = [
  { version: '1.26.8', expected: '1.26.10' },
  { version: '1.26.10', expected: '1.26.10' },
  { version: '1.26.11', expected: undefined },
  { version: '1.27rc1', expected: '1.27rc1' },
  { version: '1.20.0', expected: '1.20.14' },
];
test.each(policies)('policy patch: $version is met by $expected', ({ version, expected }) => {
  expect(choose(withPolicy(parseWanted(version, 'test'), 'patch'), available)).toBe(expected);
  expect(withPolicy(parseWanted(version, 'test'), 'exact')).toEqual(parseWanted(version, 'test'));
});
