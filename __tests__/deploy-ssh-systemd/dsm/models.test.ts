import { describe, expect, test } from '@jest/globals';
import type { SlipwayError } from '../../../src/core/errors.ts';
import { formatTarget } from '../../../src/core/target.ts';
import { mustBeKnownModel, targetOfPlatform } from '../../../src/deploy-ssh-systemd/dsm/models.ts';

describe('models', () => {
  test.each([
    ['geminilake', 'linux/amd64'],
    ['rtd1619b', 'linux/arm64'],
    ['armada38x', 'linux/arm/v7'],
    ['88f6281', 'linux/arm/v5'],
    ['evansport', 'linux/386'],
  ])('%s is %s', (platform, target) => expect(formatTarget(targetOfPlatform(platform)!)).toBe(target));

  const check = (unique: string, uname: string, dsm = '7.2.2-72806') => {
    try {
      mustBeKnownModel('nas', { dsm, model: 'DS1', unique }, uname);
      return 'known';
    } catch (error) {
      return `${(error as SlipwayError).code} ${(error as SlipwayError).message}`;
    }
  };

  test.each([
    ['synology_geminilake_920+', 'x86_64', /^known$/],
    ['synology_armada38x_216j', 'armv7l', /^known$/],
    ['synology_qoriq_213+', 'ppc', /^MODEL_UNKNOWN nas: DS1 .* "qoriq"/],
    ['', 'x86_64', /^MODEL_UNKNOWN/],
    ['synology_geminilake_920+', 'aarch64', /^MODEL_CONTRADICTED .*linux\/amd64.*aarch64/],
    ['synology_geminilake_920+', 'vax', /^MACHINE_UNKNOWN/],
  ])('%s on %s', (unique, uname, seen) => expect(check(unique, uname)).toMatch(seen));

  test('a host without DSM is told so', () => expect(check('', 'x86_64', '-')).toMatch(/it has no DSM/));
});
