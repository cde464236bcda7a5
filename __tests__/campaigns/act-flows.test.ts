import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { type ActRun, attemptWorkflow, type Ran } from '../e2e/act.ts';
import {
  askAllAlong,
  commit,
  headOf,
  killRunner,
  onHost,
  onNode,
  type Places,
  secondRepository,
  versionsOf,
} from '../e2e/flows.ts';
import { namespaceOf, removeFolder, servicesOf, temporaryFolder } from '../e2e/support.ts';
import { describeWith } from '../integration/lab.ts';
import { FakeGitHub } from '../release/github/fake-github.ts';

const limit = 120_000;
jest.setTimeout(3 * limit); // of a test: a machine with two cores may be busy
const needed = ['registry', 'host:host3', 'cluster', 'peer:act'] as const;

// One story, told by its tests in their order: a service of another repository, from its first release to a dead runner.
await describeWith(needed, 'the reusable workflows, called from a second repository under act', lab => {
  const host = lab['host:host3'];
  const namespace = namespaceOf(lab.cluster, `e2e-flows-${process.pid}`);
  const { name } = namespace;
  const places: Places = { ...lab, host, namespace: name, service: 'e2e-flows', hostPort: 8474, nodePort: 30474 };
  let folder: string;
  let repository: string;
  let secrets: Record<string, string>;
  let github: FakeGitHub;
  /** The image that production serves, as its node has it. */
  let stable: string | undefined;
  const logs: string[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder();
    github = await FakeGitHub.start();
    await namespace.create();
    repository = await secondRepository(join(folder, 'repository'), places);
    secrets = {
      GITHUB_TOKEN: 'ghs_token',
      SSH_PRIVATE_KEY: await readFile(host.privateKey, 'utf8'),
      KUBECONFIG: await readFile(lab.cluster.kubeconfig, 'utf8'),
    };
  }, limit);

  afterAll(async () => {
    await github.stop();
    await namespace.remove();
    await (await servicesOf(host)).remove(places.service);
    await removeFolder(folder);
  }, 150_000);

  async function flow(workflow: string, more: Pick<ActRun, 'event' | 'payload' | 'inputs'> = {}): Promise<Ran> {
    const ran = await attemptWorkflow({
      act: lab['peer:act'],
      folder,
      repository,
      workflow: `.github/workflows/${workflow}.yml`,
      event: 'workflow_dispatch',
      variables: {},
      secrets,
      env: { GITHUB_API_URL: github.repository.url },
      timeout: limit - 10_000,
      ...more,
    });
    logs.push(ran.output);
    return ran;
  }

  async function release(version: string): Promise<Ran> {
    github.repository.tags.set(version, { sha: await headOf(repository) });
    return flow('release', { event: 'push', payload: { ref: `refs/tags/${version}` } });
  }

  /** What GitHub shows of the deployments to an environment: the last state of each, oldest first. */
  const shown = (environment: string) =>
    github.repository.deployments
      .filter(one => one['environment'] === environment)
      .map(one => one.statuses.at(-1)?.['state']);

  async function until(holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + limit / 2;
    while (!(await holds())) {
      expect(Date.now()).toBeLessThan(end);
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  /** How a job ended; with the end of the log, for the eyes of whoever reads a failed test. */
  function jobs({ output }: Ran) {
    const ended = [...output.matchAll(/^\[\w+\/(?:[^\]]*\/)?([\w-]+?)(?:-\d+)?\s*\]\s+🏁\s+Job (\w+)/gmu)];
    return Object.fromEntries(ended.map(([, job, how]) => [job!, how!]));
  }
  /** With what went wrong, for whoever reads a failed test. */
  function endedWith(code: number, ran: Ran) {
    const told = ran.output.split('\n').filter(line => /::(error|warning)|[❌🏁]/u.test(line));
    expect([ran.code, ...(ran.code === code ? [] : told)]).toEqual([code]);
  }
  const recordIn = async (artifact: string): Promise<ReleaseRecord> =>
    JSON.parse(await readFile(join(artifact, 'release.json'), 'utf8'));

  test('release: a job for every target, one image of both, verified in the registry, and kept', async () => {
    const ran = await release('v1.0.0');
    endedWith(0, ran);
    expect(jobs(ran)).toEqual({ plan: 'succeeded', build: 'succeeded', image: 'succeeded', verify: 'succeeded' });
    const record = await recordIn(join(ran.artifacts, 'release'));
    expect(record).toMatchObject({ name: 'hello', version: 'v1.0.0' });
    expect(record.images[0]!.platforms.map(one => one.platform)).toEqual(['linux/amd64', 'linux/arm64']);
    const published = github.repository.releases.map(one => [one['tag_name'], one['draft'], one.assets.length > 2]);
    expect(published).toEqual([['v1.0.0', false, true]]);
  });

  test('a pull request shows in one comment what it would do, and nothing is done', async () => {
    const pull = { number: 7, head: { ref: 'change', repo: { full_name: 'acme/hello' } }, base: { ref: 'main' } };
    const payload = { pull_request: pull, repository: { full_name: 'acme/hello' } };
    const ran = await flow('preview', { event: 'pull_request', payload });
    endedWith(0, ran);
    expect(jobs(ran)).toEqual({ preview: 'succeeded' });
    expect(github.repository.comments.map(one => one['body'])).toEqual([expect.stringContaining(places.service)]);
    await expect(fetch(onHost(places))).rejects.toThrow();
  });

  test('production takes nothing that staging has not verified', async () => {
    const ran = await flow('promote', { inputs: { version: 'v1.0.0' } });
    expect([ran.code, ran.output]).toEqual([1, expect.stringContaining('[NOT_VERIFIED]')]);
    expect((await namespace.pods()).count).toBe(0);
  });

  test('deploy: that release on the host of staging, verified from outside', async () => {
    const ran = await flow('deploy', { inputs: { mode: 'deploy', environment: 'staging', version: 'v1.0.0' } });
    endedWith(0, ran);
    expect(jobs(ran)).toEqual({ deploy: 'succeeded' });
    const record = await recordIn(join(ran.artifacts, 'deploy-staging'));
    expect(record.verification).toMatchObject({ verdict: 'verified' });
    const built = record.binaries.find(one => one.target === 'linux/amd64')!;
    expect(await (await servicesOf(host)).runningSha256(places.service)).toBe(built.sha256);
    expect(await versionsOf(onHost(places), 3)).toEqual(['v1.0.0']);
    expect(shown('staging')).toEqual(['success']);
  });

  test('promote: the same bytes in production, by digest', async () => {
    const ran = await flow('promote');
    endedWith(0, ran);
    const record = await recordIn(join(ran.artifacts, 'promote-production'));
    expect(record.verification).toMatchObject({ verdict: 'verified' });
    const digests = record.images.flatMap(({ digest, platforms }) => [
      digest,
      ...platforms.flatMap(one => [one.digest, one.config]),
    ]);
    const { imageIds, count } = await namespace.pods();
    stable = imageIds[0];
    expect(imageIds.map(id => digests.includes(id.split('@').at(-1)!))).toEqual(Array(count).fill(true));
    expect(await versionsOf(onNode(places))).toEqual(['v1.0.0']);
  });

  test('audit: what the last record says still runs', async () => {
    const ran = await flow('audit');
    endedWith(0, ran);
    expect(jobs(ran)).toEqual({ audit: 'succeeded' });
    expect(github.repository.issues).toEqual([]);
  });

  test('a canary that fails ends red, and the old version serves all along', async () => {
    // Its start page fails; staging, which only asks whether it is ready, lets it through.
    await commit(repository, 'v1.1.0', 'default.json', text => text.replace('"error_rate": 0', '"error_rate": 1'));
    const released = await release('v1.1.0');
    endedWith(0, released);
    const staged = await flow('deploy', { inputs: { mode: 'deploy', environment: 'staging', version: 'v1.1.0' } });
    endedWith(0, staged);

    const asked = askAllAlong(onNode(places));
    const ran = await flow('promote');
    const { versions, failures } = await asked.stop();
    endedWith(1, ran);
    expect(jobs(ran)).toEqual({ deploy: 'failed', recover: 'succeeded' });
    const record = await recordIn(join(ran.artifacts, 'promote-production'));
    expect(record.deployments.at(-1)).toMatchObject({ kind: 'kubernetes', state: 'rolled-back' });
    expect(failures).toEqual([]);
    expect(versions).toContain('v1.0.0');
    expect(await versionsOf(onNode(places))).toEqual(['v1.0.0']);
    expect((await fetch(onNode(places))).status).toBe(200);
    expect(shown('production').at(-1)).toBe('failure');
  });

  test('a runner that dies midway: the last job takes back what it left', async () => {
    const slipway = (text: string) => text.replace('step-duration: 2s', 'step-duration: 90s');
    await commit(repository, 'v1.1.1', 'slipway.yml', slipway);
    const pods = async () => (await namespace.pods()).imageIds;
    const canary = async () => (await pods()).some(id => id !== stable);
    await until(async () => !(await canary())); // the last canary's pods have gone
    const running = flow('deploy', { inputs: { mode: 'deploy', environment: 'production', version: 'v1.1.0' } });
    await until(canary);
    expect(await killRunner(folder)).toBe(2);
    const ran = await running;
    endedWith(1, ran);
    expect(jobs(ran)).toEqual({ deploy: 'failed', recover: 'succeeded' });
    expect(await versionsOf(onNode(places))).toEqual(['v1.0.0']);
    await until(async () => !(await canary()));
    expect(shown('production').filter(state => state === 'in_progress')).toEqual([]);
  });

  test('rollback: to any version that is kept', async () => {
    expect(await versionsOf(onHost(places), 3)).toEqual(['v1.1.0']);
    const ran = await flow('deploy', { inputs: { mode: 'rollback', environment: 'staging', version: 'v1.0.0' } });
    endedWith(0, ran);
    expect(await versionsOf(onHost(places), 3)).toEqual(['v1.0.0']);
  });

  test('audit: what somebody changed by hand becomes one issue', async () => {
    await namespace.kubectl('scale', 'deployment/hello', '--replicas=0');
    const ran = await flow('audit');
    expect([ran.code, jobs(ran)]).toEqual([1, { audit: 'failed' }]);
    expect(github.repository.issues).toMatchObject([{ state: 'open', title: expect.stringContaining('production') }]);
  });

  test('GitHub’s description has nothing against what it was told', () => expect(github.problems).toEqual([]));

  test('no secret is in any log', () => {
    const material = Object.values(secrets).flatMap(text => text.match(/[A-Za-z0-9+/=]{40,}/g) ?? []);
    expect(material.length).toBeGreaterThan(3);
    expect(material.filter(part => logs.some(log => log.includes(part)))).toEqual([]);
  });
});
