import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { deploy, fetchJson, leftovers, onHost, reach, runningSha256, startDeploy } from './deploy-ssh-systemd.ts';
import { campaign } from './extent.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';
import { StepByStep } from './step-by-step.ts';

const directory = '/opt/slipway/hello';

type Fault = 'killed' | 'cut' | 'power';

/**
 * What must serve when the runner is killed, or the host loses its power, right after a step of the agent's journal. A
 * connection that is cut never hinders the release. The second is what the short form tries.
 */
const cases: Record<string, readonly ['old' | 'new', Fault]> = {
  locked: ['old', 'cut'],
  uploaded: ['old', 'killed'],
  released: ['old', 'cut'],
  intended: ['old', 'power'],
  armed: ['old', 'killed'],
  switching: ['old', 'cut'],
  linked: ['old', 'power'],
  installed: ['old', 'killed'],
  restarted: ['old', 'cut'],
  confirming: ['new', 'power'],
  confirmed: ['new', 'killed'],
  pruned: ['new', 'cut'],
};

/** The steps that the short form tries. */
const inShort = ['uploaded', 'intended', 'switching', 'confirming', 'confirmed'];

await describeWith(['fresh:host15', 'go'], 'deploy-ssh-systemd: every step', lab => {
  const host = lab['fresh:host15'];
  let folder: string;
  let builds: { version: string; path: string; sha256: string }[];
  let inputs: Record<string, string>;
  /** Which of the two serves. */
  let now = 0;

  const serves = async (which: number) => {
    expect(await leftovers(host, directory)).toBe('');
    const { version, sha256 } = builds[which]!;
    expect((await fetchJson(`http://${host.address}:8080/version`)).body).toMatchObject({ version });
    expect(await runningSha256(host, 'hello')).toBe(sha256);
  };
  const until = async (what: string, holds: () => Promise<boolean>) => {
    for (const from = Date.now(); !(await holds()); await sleep(100))
      if (Date.now() - from > 30_000) throw new Error(`${what}: ${await leftovers(host, directory)}`);
  };
  const other = () => ({ ...inputs, binary: builds[1 - now]!.path });

  /** At the last step the runner may have closed it already. */
  const cutConnection = async (step: string) => {
    const sessions =
      'for p in /proc/[0-9]*; do grep -aq "^sshd: deploy" $p/cmdline && kill -9 ${p#/proc/} && echo $p; done';
    const ended = await onHost(host, 'sh', '-c', sessions);
    if (step !== 'pruned') expect(ended).not.toBe('');
  };
  // once the agent has gone
  const fireTimers = `cd ${directory}/state && flock -w 10 lock true; for file in intent.*; do
    [ ! -e "$file" ] || systemctl start "slipway-hello-revert-\${file#intent.}.service"
  done`;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    builds = [];
    for (const version of ['v1.0.0', 'v2.0.0'])
      builds.push({ version, ...(await buildHello(lab.go, folder, version)) });
    inputs = {
      ...(await reach(host)),
      service: 'hello',
      type: 'notify',
      listen: '8080',
      'min-healthy-time': '200ms',
      'healthy-deadline': '20s',
    };
    const done = await deploy({ ...inputs, binary: builds[0]!.path });
    expect(done.log).not.toContain('::error');
  }, 300_000);
  beforeEach(() => serves(now));
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('the journal names the steps of a release, and each of them has a case', async () => {
    await onHost(host, 'rm', '-f', `${directory}/state/steps`);
    expect((await deploy(other())).log).not.toContain('::error');
    now = 1 - now;
    const taken = (await onHost(host, 'cat', `${directory}/state/steps`)).split('\n');
    expect(taken).toEqual(Object.keys(cases));
  }, 60_000);

  const wanted = Object.entries(cases).flatMap(([step, [left, short]]) =>
    (['killed', 'cut', 'power'] as const)
      .filter(fault => campaign || (fault === short && inShort.includes(step)))
      .map(fault => ({ step, fault, left: fault === 'cut' ? 'new' : left })),
  );
  test.each(wanted)(
    '$fault after "$step": the $left release serves',
    async ({ step, fault, left }) => {
      // what is there already is not uploaded
      await onHost(host, 'sh', '-c', `find ${directory}/blobs -type f -exec rm -f {} +`);
      const steps = new StepByStep(join(host.root, directory, 'state/steps'));
      const running = await startDeploy(other());
      try {
        await steps.until(step);
        if (fault === 'cut') await cutConnection(step);
        else running.child.kill('SIGKILL');
        if (fault === 'power') {
          steps.end(); // what is at the step stays there
          await (await labModule('host')).restart(host.name);
        } else steps.goOn();
      } finally {
        const done = await running.ended;
        steps.end();
        if (fault === 'cut') expect(done.log).not.toContain('::error');
      }
      // what the host's timer does when it fires
      if (fault === 'killed') await onHost(host, 'sh', '-c', fireTimers);
      if (left === 'new') now = 1 - now;
      await until('it settles', async () => (await leftovers(host, directory)) === '');
      await until('it serves', async () => (await fetchJson(`http://${host.address}:8080/readyz`)).status === 200);
      await serves(now);
    },
    120_000,
  );
});
