import { describe, expect, test } from '@jest/globals';
import {
  formatPlatform,
  formatTarget,
  goEnvironment,
  knownTargets,
  parseTarget,
  platformOf,
  runsOn,
  targetOfMachine,
  targetOfSettings,
} from '../../src/core/target.ts';

describe('one table for GOOS/GOARCH/variant, OCI platforms and uname -m', () => {
  test.each([
    ['linux/amd64', { GOOS: 'linux', GOARCH: 'amd64' }, 'linux/amd64'],
    ['linux/amd64/v3', { GOOS: 'linux', GOARCH: 'amd64', GOAMD64: 'v3' }, 'linux/amd64/v3'],
    ['linux/arm/v7', { GOOS: 'linux', GOARCH: 'arm', GOARM: '7' }, 'linux/arm/v7'],
    ['linux/arm', { GOOS: 'linux', GOARCH: 'arm' }, 'linux/arm/v7'],
    ['linux/arm64', { GOOS: 'linux', GOARCH: 'arm64' }, 'linux/arm64'],
    ['linux/mipsle/softfloat', { GOOS: 'linux', GOARCH: 'mipsle', GOMIPS: 'softfloat' }, 'linux/mipsle/softfloat'],
    ['windows/amd64', { GOOS: 'windows', GOARCH: 'amd64' }, 'windows/amd64'],
  ])('%s', (text, env, platform) => {
    const target = parseTarget(text);
    expect(formatTarget(target)).toBe(text);
    expect(goEnvironment(target)).toEqual(env);
    expect(formatPlatform(platformOf(target))).toBe(platform);
  });

  test.each([
    ['linux/amd46', 'TARGET_UNKNOWN', 'linux/amd64'],
    ['darwin/386', 'TARGET_UNKNOWN', 'darwin/a'],
    ['linux/amr64', 'TARGET_UNKNOWN', 'linux/amd64, linux/arm64;'],
    ['macos/x86_64', 'TARGET_UNKNOWN', 'e.g. darwin/amd64;'],
    ['linux/aarch64', 'TARGET_UNKNOWN', 'e.g. linux/arm64;'],
    ['linux/armv7', 'TARGET_UNKNOWN', 'e.g. linux/arm/v7;'],
    ['linux/armhf', 'TARGET_UNKNOWN', 'e.g. linux/arm/v7;'],
    ['Linux/AMD64', 'TARGET_UNKNOWN', 'e.g. linux/amd64;'],
    ['freebds/amd64', 'TARGET_UNKNOWN', 'e.g. freebsd/amd64;'],
    ['linux/arm/v8', 'VARIANT_UNKNOWN', 'v5, v6, v7'],
    ['linux/arm/v8', 'VARIANT_UNKNOWN', 'Nearest targets: linux/arm64, linux/arm/v5, linux/arm/v6, linux/arm/v7.'],
    ['linux/amd64/v5', 'VARIANT_UNKNOWN', 'Nearest targets: linux/amd64/v1'],
    ['linux/mips/sotffloat', 'VARIANT_UNKNOWN', 'Nearest targets: linux/mips/softfloat.'],
    ['linux/s390x/z13', 'VARIANT_UNKNOWN', 'no variants'],
    ['linux/arm/v7/x', 'TARGET_UNKNOWN', 'os/arch'],
    ['', 'TARGET_UNKNOWN', 'os/arch'],
    ['constructor/amd64', 'TARGET_UNKNOWN', 'os/arch'],
  ])('"%s" is refused with a hint', (text, code, hint) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code, hint: expect.stringContaining(hint) }));
  });

  test('every known pair can be parsed', () => {
    expect(knownTargets.length).toBeGreaterThan(40);
    for (const known of knownTargets) expect(formatTarget(parseTarget(known))).toBe(known);
  });

  test.each([
    [{ GOOS: 'linux', GOARCH: 'arm', GOARM: '7' }, 'linux/arm/v7'],
    [{ GOOS: 'linux', GOARCH: 'arm', GOARM: '6,softfloat' }, 'linux/arm/v6'],
    [{ GOOS: 'linux', GOARCH: 'amd64', GOAMD64: 'v1' }, 'linux/amd64'],
    [{ GOOS: 'linux', GOARCH: 'amd64', GOAMD64: 'v3' }, 'linux/amd64/v3'],
    [{ GOOS: 'linux', GOARCH: 'arm64', GOARM64: 'v8.0' }, 'linux/arm64'],
  ])('build settings %j are %s', (settings, text) => expect(formatTarget(targetOfSettings(settings))).toBe(text));

  test.each([
    ['x86_64\n', 'linux/amd64'],
    ['aarch64', 'linux/arm64'],
    ['armv7l', 'linux/arm/v7'],
  ])('uname -m %j is %s', (uname, text) => expect(formatTarget(targetOfMachine(uname))).toBe(text));

  test('an unknown machine is an error', () => {
    expect(() => targetOfMachine('vax')).toThrow(expect.objectContaining({ code: 'MACHINE_UNKNOWN' }));
  });

  test.each([
    ['linux/arm/v6', 'armv7l', true],
    ['linux/arm/v7', 'armv6l', false],
    ['linux/arm64', 'armv7l', false],
    ['linux/amd64', 'x86_64', true],
    ['darwin/amd64', 'x86_64', false],
  ])('%s on %s: %s', (built, uname, runs) => expect(runsOn(parseTarget(built), targetOfMachine(uname))).toBe(runs));
});
