import { describe, expect, test } from '@jest/globals';
import { groupsOf } from '../../../../src/setup-go-cross/build/parallelism/cgroup.ts';
import { memoryGauge, usableCores } from '../../../../src/setup-go-cross/build/parallelism/machine.ts';

type Files = Readonly<Record<string, string>>;
const reader = (files: Files) => (path: string) => files[path];
const meminfo = 'MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:   15000000 kB\n';
const mib = 2 ** 20;

/** GitHub's runner, Docker with its own cgroup namespace, Kubernetes: the container sees its group as the root. */
const namespaced: Files = {
  '/proc/meminfo': meminfo,
  '/proc/self/cgroup': '0::/\n',
  '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate\n',
  '/sys/fs/cgroup/memory.max': `${3072 * mib}\n`,
  '/sys/fs/cgroup/memory.current': `${2000 * mib}\n`,
  '/sys/fs/cgroup/memory.stat': `anon ${400 * mib}\nfile ${1500 * mib}\ninactive_file ${1000 * mib}\nactive_file ${400 * mib}\nslab_reclaimable ${100 * mib}\n`,
  '/sys/fs/cgroup/cpu.max': '150000 100000\n',
};

/** A systemd unit in a slice that is narrower than the unit. */
const nested: Files = {
  '/proc/meminfo': meminfo,
  '/proc/self/cgroup': '0::/ci.slice/job.service\n',
  '/proc/self/mountinfo': '30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
  '/sys/fs/cgroup/ci.slice/job.service/memory.max': 'max\n',
  '/sys/fs/cgroup/ci.slice/job.service/memory.current': `${10 * mib}\n`,
  '/sys/fs/cgroup/ci.slice/job.service/cpu.max': 'max 100000\n',
  '/sys/fs/cgroup/ci.slice/memory.max': `${1024 * mib}\n`,
  '/sys/fs/cgroup/ci.slice/memory.current': `${1000 * mib}\n`,
  '/sys/fs/cgroup/ci.slice/memory.stat': `inactive_file ${100 * mib}\nactive_file 0\n`,
  '/sys/fs/cgroup/ci.slice/cpu.max': '300000 100000\n',
};

/** Docker on cgroup v1 without a namespace: paths of the host, of which the container sees its own part. */
const versionOne: Files = {
  '/proc/meminfo': meminfo,
  '/proc/self/cgroup': '4:memory:/docker/abc/inner\n1:cpu,cpuacct:/docker/abc\n0::/\n',
  '/proc/self/mountinfo': [
    '35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory',
    '36 31 0:33 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct',
    '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n'),
  '/sys/fs/cgroup/memory/inner/memory.limit_in_bytes': '9223372036854771712\n',
  '/sys/fs/cgroup/memory/inner/memory.usage_in_bytes': '1\n',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${2048 * mib}\n`,
  '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${1548 * mib}\n`,
  '/sys/fs/cgroup/memory/memory.stat': `inactive_file 0\nactive_file 0\ntotal_inactive_file ${500 * mib}\ntotal_active_file ${24 * mib}\n`,
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '250000\n',
  '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
};

describe.each<[name: string, files: Files, limit: number, free: number, cores: number]>([
  ['a container with its own namespace', namespaced, 3072 * mib, 2572 * mib, 2],
  ['the narrowest of nested groups', nested, 1024 * mib, 124 * mib, 3],
  ['version 1 in a container', versionOne, 2048 * mib, 1024 * mib, 3],
  ['no limit: the machine', { '/proc/meminfo': meminfo }, 16_000_000 * 1024, 15_000_000 * 1024, 8],
])('%s', (_, files, limit, free, cores) => {
  test('memory', () => expect(memoryGauge(reader(files))()).toEqual({ limit, free }));
  test('cores', () => expect(usableCores(reader(files), 8)).toBe(cores));
});

test('not Linux: nothing is known, nothing limits', () => {
  expect(memoryGauge(reader({}))()).toBeUndefined();
  expect(usableCores(reader({}), 8)).toBe(8);
});

test('less than one core is one', () => {
  const files = { ...namespaced, '/sys/fs/cgroup/cpu.max': '50000 100000\n' };
  expect(usableCores(reader(files), 8)).toBe(1);
});

test('a path outside of what is mounted is the mounted root', () => {
  const files = { ...versionOne, '/proc/self/cgroup': '4:memory:/other\n' };
  expect(groupsOf('memory', reader(files))[0]).toEqual({ version: 1, folders: ['/sys/fs/cgroup/memory'] });
});

test('this machine', () => {
  const room = memoryGauge()();
  if (process.platform !== 'linux') return expect(room).toBeUndefined();
  expect(room!.free).toBeGreaterThan(0);
  expect(room!.free).toBeLessThanOrEqual(room!.limit);
});
