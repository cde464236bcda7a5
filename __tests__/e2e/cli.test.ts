import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.ts';
import { describeWith } from '../integration/lab.ts';
import {
  command,
  kept,
  namespaceOf,
  removeFolder,
  repositoryOf,
  root,
  runnerEnvironment,
  servicesOf,
  temporaryFolder,
} from './support.ts';

const [nodePort, limit] = [30481, 300_000];

await describeWith(['registry', 'host:host5', 'cluster', 'go'], 'the chain from a terminal', lab => {
  const host = lab['host:host5'];
  const namespace = namespaceOf(lab.cluster, 'e2e-cli');
  const [user, onHost] = [`${host.user}@${host.address}:${host.port}`, `http://${host.address}:8481`];
  let folder: string;
  let repository: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await namespace.create();
    repository = await repositoryOf('hello', join(folder, 'repository'), 'v1.0.0', {
      'kubernetes/service.yaml': text => text.replace(/nodePort: \d+/, `nodePort: ${nodePort}`),
      'kubernetes/gateway.yaml': () => '',
      'kubernetes/httproute.yaml': () => '',
      'default.json': text => text.replace(':8080', ':8481'),
      'kubernetes/deployment.yaml': text => text.replaceAll('8080', '8481'),
    });
    await mkdir(join(folder, '.ssh'));
    await writeFile(join(folder, '.ssh', 'known_hosts'), await readFile(host.knownHosts, 'utf8'));
    env = {
      ...runnerEnvironment(),
      HOME: folder,
      TMPDIR: folder,
      RUNNER_TOOL_CACHE: kept.tools,
      GOCACHE: kept.goBuild,
      GOMODCACHE: kept.goModules,
      SSH_PRIVATE_KEY: await readFile(host.privateKey, 'utf8'),
      KUBECONFIG_TEXT: await readFile(lab.cluster.kubeconfig, 'utf8'),
    };
  }, limit);

  afterAll(async () => {
    await namespace.remove();
    await (await servicesOf(host)).remove('e2e-cli');
    await removeFolder(folder);
  }, 150_000);

  /** Runs slipway as a user would, in the repository. @param meanwhile sees the process and what it has said */
  function slipway(args: readonly string[], meanwhile?: (child: ChildProcess, said: string) => void) {
    const child = spawn(process.execPath, [join(root, 'bin', 'slipway.mjs'), ...args], {
      cwd: repository,
      env,
      timeout: 200_000,
    });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        said[name] += chunk;
        if (name === 'stderr') meanwhile?.(child, said.stderr);
      });
    }
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', code => resolve({ code, ...said }));
    });
  }

  const git = (...args: string[]) =>
    command(['git', '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', ...args], { cwd: repository });

  const edit = async (file: string, change: (text: string) => string) => {
    const path = join(repository, file);
    await writeFile(path, change(await readFile(path, 'utf8')));
  };

  test('init writes a file of which nothing is left to edit, where the user says hosts, image and address', async () => {
    // The lab's registry outlives a run, and a version that it keeps cannot be made anew.
    const image = `${lab.registry.host}/e2e-cli/hello-${Date.now()}`;
    const places = ['--host', user, '--kubernetes', '--namespace', namespace.name];
    const url = `http://${lab.cluster.nodeAddress}:${nodePort}`;
    const refused = await slipway(['init', ...places, '--image', image, '--url', url]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('slipway.yml is there already')]);

    const ended = await slipway(['init', '--force', '--json', ...places, '--image', image, '--url', url]);
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('the old one is slipway.yml.old')]);
    expect(JSON.parse(ended.stdout)).toMatchObject({ files: ['slipway.yml'], todos: [] });
    await command(['rm', join(repository, 'slipway.yml.old')]);
    await edit('slipway.yml', text =>
      text
        .replace('\nimage:\n', `\nimage:\n  insecure: ${lab.registry.host}\n`)
        .replace('name: cluster', 'name: cluster\n    warm-up: 0s\n    step-duration: 2s')
        .replace('targets: [linux/amd64, linux/arm64]', 'targets: [linux/amd64]')
        .replace('service: hello', 'service: e2e-cli\n    min-healthy-time: 1s\n    healthy-deadline: 15s'),
    );
    await git('commit', '-q', '-am', 'slipway');
    await git('tag', '-f', 'v1.0.0');
  }, 60_000);

  test(
    'release builds, pushes, deploys and verifies; the one document on standard output says so',
    async () => {
      const ended = await slipway(['release', '--json']);
      expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('✓ v1.0.0')]);
      const told = JSON.parse(ended.stdout);
      expect(told).toMatchObject({
        command: 'release',
        code: 0,
        version: 'v1.0.0',
        verdict: 'verified',
        changed: true,
        left: [],
      });
      expect(told.done.map((one: { title: string }) => one.title)).toEqual([
        'setup-go-cross',
        'build-multiarch-image',
        'deploy-k8s-canary (cluster)',
        'deploy-ssh-systemd (hosts)',
        'verify-health',
      ]);
      for (const secret of [env['SSH_PRIVATE_KEY']!, env['KUBECONFIG_TEXT']!].flatMap(text => text.split('\n')))
        if (secret.trim().length > 30) expect(ended.stderr + ended.stdout).not.toContain(secret.trim());
      expect(ended.stderr).not.toMatch(/^::|\u001b/m);
      expect(await (await fetch(`${onHost}/version`)).json()).toMatchObject({ version: 'v1.0.0' });
    },
    limit,
  );

  test('logs shows the last lines of the host and of each pod', async () => {
    const ended = await slipway(['logs', '-n', '5', '--json']);
    const { places } = JSON.parse(ended.stdout) as { places: { place: string; lines: string[] }[] };
    expect([ended.code, places.map(({ place }) => place.replace(/ hello-\S+/, ''))]).toEqual([
      0,
      ['pod (hello)', 'pod (hello)', `${user} e2e-cli`],
    ]);
    for (const { place, lines } of places) {
      expect([place, lines.length]).toEqual([place, expect.any(Number)]);
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(5);
    }
    const plain = await slipway(['logs', '--deployment', 'hosts']);
    expect(plain.stderr).toContain(`── ${user} e2e-cli`);
    expect(plain.stdout).toContain('listening');
  }, 60_000);

  test('audit, at any later time: all is as the record says', async () => {
    const ended = await slipway(['audit', '--json']);
    expect([ended.code, JSON.parse(ended.stdout).verdict, ended.code === 0 ? '' : ended.stderr]).toEqual([
      0,
      'verified',
      '',
    ]);
  }, 60_000);

  test('report makes the page of the release, status says what serves', async () => {
    const reported = await slipway(['report', '--output', 'page.html']);
    expect(reported.code).toBe(0);
    expect(await readFile(join(repository, 'page.html'), 'utf8')).toContain('v1.0.0');
    await command(['rm', join(repository, 'page.html')]);
    const status = await slipway(['status', '--deployment', 'hosts']);
    expect([status.code, status.stderr]).toEqual([0, expect.stringContaining('v1.0.0')]);
  }, 60_000);

  test(
    'a release that does not start goes back: exit code 4, and the old one serves',
    async () => {
      await edit('default.json', text => text.replace('"start_crash": false', '"start_crash": true'));
      await git('commit', '-q', '-am', 'broken');
      const ended = await slipway(['release', '--deployment', 'hosts', '--version', 'v1.0.1', '--json']);
      expect([ended.code, ended.stderr]).toEqual([4, expect.stringContaining('error: ')]);
      expect(JSON.parse(ended.stdout)).toMatchObject({ code: 4, state: 'rolled-back', left: ['verify-health'] });
      expect(await (await fetch(`${onHost}/version`)).json()).toMatchObject({ version: 'v1.0.0' });
      await git('revert', '--no-edit', 'HEAD');
    },
    limit,
  );

  test(
    'Ctrl-C during a deployment: exit code 130, it is said what that means, and one of the two serves',
    async () => {
      let pressed = false;
      const ended = await slipway(['release', '--deployment', 'hosts', '--version', 'v1.0.2'], (child, said) => {
        if (pressed || !said.includes('── deploy-ssh-systemd')) return;
        pressed = true;
        child.kill('SIGINT');
      });
      expect([ended.code, ended.stderr]).toEqual([130, expect.stringContaining('Ctrl-C again ends at once')]);
      const answer = await fetch(`${onHost}/version`);
      expect(['v1.0.0', 'v1.0.2']).toContain(((await answer.json()) as { version: string }).version);
    },
    limit,
  );

  test(
    'deploy of a kept version, and of one that nobody kept',
    async () => {
      const missing = await slipway(['deploy', '--version', 'v9.9.9', '--json']);
      expect([missing.code, JSON.parse(missing.stdout).error.code]).toEqual([2, 'VERSION_MISSING']);
      const ended = await slipway(['deploy', '--deployment', 'hosts', '--version', 'v1.0.0', '--json']);
      expect([ended.code, JSON.parse(ended.stdout)]).toEqual([0, expect.objectContaining({ version: 'v1.0.0' })]);
      expect(await (await fetch(`${onHost}/version`)).json()).toMatchObject({ version: 'v1.0.0' });
    },
    limit,
  );

  test(
    'a rollout on the cluster is held by pause from another terminal, and goes on to its end by resume',
    async () => {
      const cluster = ['--deployment', 'cluster', '--json'];
      await edit('slipway.yml', text => text.replace('step-duration: 2s', 'step-duration: 90s'));
      const deploying = slipway(['deploy', '--version', 'v1.0.2', ...cluster]);
      await eventually(async () => expect((await namespace.pods()).count).toBeGreaterThan(2));
      const paused = await slipway(['pause', ...cluster]);
      expect([paused.code, JSON.parse(paused.stdout).state]).toEqual([0, 'paused']); // as it was asked for
      const held = await deploying;
      expect(JSON.parse(held.stdout).state).toBe('paused');

      await edit('slipway.yml', text => text.replace('step-duration: 90s', 'step-duration: 1s'));
      const resumed = await slipway(['resume', ...cluster]);
      expect([resumed.code, resumed.code === 0 ? '' : resumed.stderr]).toEqual([0, '']);
      expect(JSON.parse(resumed.stdout)).toMatchObject({ command: 'resume', state: 'healthy' });
      const answer = await fetch(`http://${lab.cluster.nodeAddress}:${nodePort}/version`);
      expect(await answer.json()).toMatchObject({ version: 'v1.0.2' });
    },
    limit,
  );

  test('report --version shows what was done with a kept release', async () => {
    const reported = await slipway(['report', '--version', 'v1.0.0', '--output', 'kept.html']);
    expect([reported.code, reported.code === 0 ? '' : reported.stderr]).toEqual([0, '']);
    expect(await readFile(join(repository, 'kept.html'), 'utf8')).toContain(host.address);
  }, 60_000);

  test('report --history tells all that was done, the release that failed among it', async () => {
    const ended = await slipway(['report', '--history', '--json']);
    const told = JSON.parse(ended.stdout);
    expect([ended.code, told.releases]).toEqual([0, expect.any(Number)]);
    expect(told.releases).toBeGreaterThanOrEqual(2);
    expect(told.places[0]).toMatchObject({ name: 'hello', failures: expect.anything() });
    const page = await readFile(join(repository, 'slipway-out', 'history.html'), 'utf8');
    for (const version of ['v1.0.0', 'v1.0.1']) expect(page).toContain(version);
  }, 60_000);
});
