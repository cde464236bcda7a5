import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { containerLaunch } from '../../../src/deploy-ssh-systemd/dsm/container-launch.ts';
import { launchScript, rcScript } from '../../../src/deploy-ssh-systemd/dsm/scripts.ts';
import { plainOptions } from '../unit-options.ts';

const given = {
  service: 'hello',
  directory: '/volume1/slipway/hello',
  args: [],
  runAs: 'http',
  timer: undefined,
  unit: { ...plainOptions, restart: 'on-failure', limitNofile: 4096 },
} as const;

describe('scripts of a NAS', () => {
  test('the script in rc.d says whose it is, and hands over to the agent', () => {
    const text = rcScript(given);
    expect(text.split('\n')).toContain('# X-Slipway=/volume1/slipway/hello');
    expect(text).toContain('exec /bin/sh /volume1/slipway/hello/state/agent.sh "$1" /volume1/slipway/hello hello');
  });

  test('how the program is launched, and what the watchdog has to know', () => {
    const rows = launchScript(given, true).split('\n');
    expect(rows).toEqual(expect.arrayContaining(['# user=http', '# restart=on-failure', '# nofile=4096']));
    expect(rows).toContain('cd /volume1/slipway/hello/current/files || exit 200');
  });

  test('how a container is launched: root starts it, as the user of the service', () => {
    const unit = { ...given.unit, memoryMax: 1000, tasksMax: 9 };
    const text = containerLaunch({ ...given, unit, args: ["it's", '$HOME'] }, 'x.io/a@sha256:0', ['COLOR']);
    expect(text).toMatchSnapshot();
    expect(spawnSync('sh', ['-n'], { input: text }).status).toBe(0);
  });

  test('a job is not started again, and has its limits', () => {
    const timer = { calendar: ['daily'], jitter: 90_500, missed: 'skip', timeout: 30_000, run: 'no' } as const;
    const rows = launchScript({ ...given, timer }, false).split('\n');
    expect(rows).toEqual(expect.arrayContaining(['# restart=no', '# timeout=30', '# jitter=90']));
  });

  test('arguments arrive as they are', () =>
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }).map(text => text.replaceAll('\0', ''))), args => {
        const line = launchScript({ ...given, args }, false).split('\nexec /volume1/slipway/hello/current/hello')[1]!;
        const { stdout } = spawnSync('sh', ['-c', `printf '<%s>' x${line.trimEnd()}`]);
        expect(stdout.equals(Buffer.from(['x', ...args].map(arg => `<${arg}>`).join('')))).toBe(true);
      }),
      { numRuns: 30 },
    ));
});
