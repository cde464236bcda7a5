import { describe, expect, test } from '@jest/globals';
import { formatTarget, knownTargets, parseTarget } from '../../../src/core/target.ts';
import { machineNames, machines, targetOfMachineName } from '../../../src/setup-go-cross/targets/machines.ts';
import { targets } from '../../../src/setup-go-cross/targets-value.ts';

describe('the table of machines', () => {
  test.each(machines.map(row => [`${row.maker} ${row.processor}`, row] as const))('%s', (_, row) => {
    expect(row.models).toMatch(/^\S+( \S+)*$/);
    expect(row.sources.length).toBeGreaterThan(0);
    for (const source of row.sources) expect(new URL(source).protocol).toBe('https:');
    if (row.target !== undefined) expect(formatTarget(parseTarget(row.target))).toBe(row.target);
  });

  test('every machine has one row', () => {
    expect(machineNames.length).toBe(machines.flatMap(row => row.models.split(' ')).length);
  });

  test.each([
    ['synology:DS920+', 'linux/amd64/v2'],
    ['Synology:ds920+', 'linux/amd64/v2'],
    ['synology:DS1813+', 'linux/amd64'],
    ['synology:DS223', 'linux/arm64'],
    ['synology:DS218j', 'linux/arm/v7'],
    ['synology:DS211j', 'linux/arm/v5'],
    ['synology:DS415play', 'linux/386'],
    ['raspberry-pi:zero', 'linux/arm/v6'],
    ['raspberry-pi:2', 'linux/arm/v7'],
    ['raspberry-pi:zero-2-w', 'linux/arm64'],
    ['raspberry-pi:4', 'linux/arm64'],
    ['beaglebone:black', 'linux/arm/v7'],
    ['visionfive:2', 'linux/riscv64'],
  ])('%s is %s', (name, target) => expect(formatTarget(targetOfMachineName(name).target)).toBe(target));

  test.each([
    ['synology:DS921', 'MACHINE_UNKNOWN', 'Nearest: synology:DS920+'],
    ['synology:DS290+', 'MACHINE_UNKNOWN', 'synology:DS920+'],
    ['raspberry-pi:6', 'MACHINE_UNKNOWN', 'raspberry-pi:5'],
    ['rasbperry-pi:4', 'MACHINE_UNKNOWN', 'Nearest: raspberry-pi:4'],
    ['raspberry-pi:banana-split', 'MACHINE_UNKNOWN', 'Known of raspberry-pi: raspberry-pi:1'],
    ['toaster:1', 'MACHINE_UNKNOWN', 'Known makers: raspberry-pi'],
    ['synology:DS413', 'MACHINE_UNSUPPORTED', 'no Go program runs on it'],
  ])('%s is refused', (name, code, hint) => {
    expect(() => targetOfMachineName(name)).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
    );
  });
});

test('machines that share a target are built for once, and named', () => {
  const read = targets.parse('raspberry-pi:4\nraspberry-pi:5, linux/arm64\nsynology:ds920+');
  expect(read).toEqual([
    { os: 'linux', arch: 'arm64', machines: ['raspberry-pi:4', 'raspberry-pi:5'] },
    { os: 'linux', arch: 'amd64', variant: 'v2', machines: ['synology:DS920+'] },
  ]);
});

test('several wrong ones are all answered', () => {
  expect(() => targets.parse('linux/amr64, synology:DS921, linux/amd64')).toThrow(
    expect.objectContaining({
      message: expect.stringMatching(/"linux\/amr64".*"synology:DS921"/),
      hint: expect.stringMatching(/linux\/amd64.*synology:DS920\+/),
    }),
  );
});

test('all-linux is every architecture of Go for Linux, arm as v6 and as v7', () => {
  const names = targets.parse('all-linux').map(formatTarget);
  const pairs = knownTargets.filter(known => known.startsWith('linux/'));
  expect([...new Set(names.map(name => name.split('/').slice(0, 2).join('/')))]).toEqual(pairs);
  expect(names.filter(name => name.startsWith('linux/arm/'))).toEqual(['linux/arm/v6', 'linux/arm/v7']);
  expect(names).toHaveLength(pairs.length + 1);
  expect(targets.parse('all-linux, linux/amd64, linux/arm/v5')).toHaveLength(pairs.length + 2);
});
