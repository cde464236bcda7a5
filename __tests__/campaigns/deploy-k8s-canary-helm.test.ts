import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { run } from '../../src/core/process.ts';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { type Done, start } from '../integration/deploy-k8s-canary.ts';
import { expectSoon, git, makeOrigin, startFollower } from '../integration/gitops.ts';
import { describeWith } from '../integration/lab.ts';

const namespace = 'slipway-test-k8s-helm';
const nodePort = 30193;

/** A chart as `helm create` makes it: its image is `repository` and an empty `tag`, which is the chart's appVersion. */
await describeWith(
  ['cluster', 'registry', 'go', 'peer:helm', 'peer:crane'],
  'deploy-k8s-canary where a chart of Helm is followed',
  lab => {
    const { kubectl, fresh, end } = ownNamespace(lab, namespace);
    const limit = { timeout: 30_000 };
    let folder: string;
    let images: Record<'v1' | 'v2' | 'broken', string>;
    let origin: Awaited<ReturnType<typeof makeOrigin>>;
    let follower: ReturnType<typeof startFollower>;
    let first: string;

    const release = (directory: string, inputs: Record<string, string>): Promise<Done> =>
      start(
        lab.cluster.kubeconfig,
        {
          'working-directory': directory,
          namespace,
          mode: 'render',
          push: 'true',
          manifests: 'values.yaml#image',
          workload: 'deployment/hello',
          probes: `http://${lab.cluster.nodeAddress}:${nodePort}/ 200`,
          'step-duration': '3s',
          'probe-rate': '100',
          tolerance: '0.05',
          beta: '0.1',
          steps: '50,100',
          'sync-timeout': '30s',
          ...inputs,
        },
        {},
      ).done;
    const good = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    const runs = () =>
      kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.template.spec.containers[0].image}']);
    const digestOf = (image: string) => image.split('@')[1]!;
    const nameOf = (image: string) => image.split('@')[0]!;
    const tagged = (image: string) => `sha256-${digestOf(image).slice(7, 19)}@${digestOf(image)}`;
    const values = async (directory: string) => {
      await git(directory, 'pull', '--quiet');
      return readFile(join(directory, 'values.yaml'), 'utf8');
    };

    beforeAll(async () => {
      images = await pushExample(lab, { v1: ['v1'], v2: ['v2'], broken: ['v3', 'HELLO_ERROR_RATE=0.3'] });
      await run([lab['peer:crane'], 'tag', '--insecure', images.v1, '1.16.0'], limit);
      folder = await mkdtemp(join(tmpdir(), 'slipway-helm-'));
      await run([lab['peer:helm'], 'create', 'hello'], { ...limit, cwd: folder });
      const made = await readFile(join(folder, 'hello/values.yaml'), 'utf8');
      first = made
        .replace('repository: nginx', `repository: ${nameOf(images.v1)}`)
        .replace('type: ClusterIP\n', 'type: NodePort\n')
        .replace('port: 80\n', 'port: 8080\n');
      origin = await makeOrigin({ 'values.yaml': first });
      await fresh();
      const followed = await origin.clone();
      const build = async () => {
        const given = ['--namespace', namespace, '--values', join(followed, 'values.yaml')];
        const args = ['template', 'hello', join(folder, 'hello'), '--skip-tests', ...given];
        return (await run([lab['peer:helm'], ...args], limit)).stdout;
      };
      follower = startFollower(kubectl, followed, build, 'helm-controller');
      await expectSoon(runs, `${nameOf(images.v1)}:1.16.0`);
      const ports = JSON.stringify({ spec: { ports: [{ port: 8080, nodePort }] } });
      await kubectl(['patch', 'service', 'hello', '--patch', ports]);
      await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=60s']);
    }, 180_000);
    afterAll(async () => {
      await follower?.stop();
      await origin?.end();
      await end();
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    test('the digest is written behind the tag, nothing else changes, and the pods are proven to run it', async () => {
      const mine = await origin.clone();
      const done = await release(mine, { image: images.v2 });
      good(done);
      expect(done.log).not.toContain('helm upgrade');
      const wanted = `${nameOf(images.v2)}:${tagged(images.v2)}`;
      expect(done.outputs).toMatchObject({ state: 'healthy', previous: `${nameOf(images.v1)}:1.16.0` });
      expect(await runs()).toBe(wanted);
      expect(await values(mine)).toBe(first.replace('tag: ""', `tag: "${tagged(images.v2)}"`));
      const again = await release(mine, { image: images.v2 });
      good(again);
      expect(again.outputs).toMatchObject({ state: 'unchanged' });
    }, 120_000);

    test('mode: rollback writes the tag that ran before', async () => {
      const mine = await origin.clone();
      const done = await release(mine, { mode: 'rollback' });
      good(done);
      expect(parse(await values(mine)).image.tag).toBe('1.16.0');
      expect(await runs()).toBe(`${nameOf(images.v1)}:1.16.0`);
    }, 60_000);

    test('a worse release leaves the bytes from before', async () => {
      const mine = await origin.clone();
      const before = await values(mine);
      const done = await release(mine, { image: images.broken });
      expect([done.code, done.outputs['state']]).toEqual([1, 'rolled-back']);
      expect([await values(mine), await runs()]).toEqual([before, `${nameOf(images.v1)}:1.16.0`]);
    }, 120_000);

    test('a digest of its own, and another repository, are refused before any commit', async () => {
      const mine = await origin.clone();
      const head = await git(mine, 'rev-parse', 'HEAD');
      const other = `${nameOf(images.v2)}-other@${digestOf(images.v2)}`;
      expect((await release(mine, { image: other })).log).toMatch(
        /has the repository .* and not that of .*RENDER_MISMATCH/,
      );
      const broken = (await values(mine)).replace('  tag:', `  digest: ${digestOf(images.v1)}\n  tag:`);
      await origin.publish(mine, { 'values.yaml': broken }, 'a digest');
      expect((await release(mine, { image: images.v2 })).log).toContain('RENDER_AMBIGUOUS');
      expect(await git(mine, 'rev-parse', 'HEAD~1')).toBe(head);
    }, 60_000);
  },
);
