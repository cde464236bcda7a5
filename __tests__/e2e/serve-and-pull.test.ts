import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, glob, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../integration/eventually.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { endLater } from '../integration/leftovers.ts';
import { secret } from '../integration/serve/server.ts';
import {
  attempt,
  command,
  kept,
  removeFolder,
  repositoryOf,
  root,
  runnerEnvironment,
  servicesOf,
  temporaryFolder,
} from './support.ts';

const limit = 200_000;
const ports = { production: 8475, nas: 8476 };
const target = `linux/${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;

await describeWith(['host:host171', 'go', 'peer:cosign'], 'releases without GitHub’s reach', lab => {
  const host = lab['host:host171'];
  let folder: string;
  let repository: string;
  let bare: string;
  let env: NodeJS.ProcessEnv;

  const place = (name: keyof typeof ports, more: string) => `  ${name}:${more}
    deploy:
      - name: hosts
        service: e2e-${name}
        environment: { HELLO_LISTEN: ":${ports[name]}" }
`;
  const slipway = () => `records: { folder: ${folder}/records }
serve: { repository: ${bare}, branches: main, secret: { env: SERVE_SECRET } }
build: { targets: ${target} }
deploy:
  - kind: deploy-ssh-systemd
    name: hosts
    hosts: ${host.user}@${host.address}:${host.port}
    known-hosts: { env: KNOWN_HOSTS }
    private-key: { env: SSH_PRIVATE_KEY }
    min-healthy-time: 0s
verify:
  known-hosts: { env: KNOWN_HOSTS }
  private-key: { env: SSH_PRIVATE_KEY }
  hold: 0s
environments:
${place('production', '')}        health-checks: http://127.0.0.1:${ports.production}/readyz 200 within 1s
    verify: { checks: "http://${host.address}:${ports.production}/readyz 200 within 1s" }
${place('nas', '\n    require: [attestation-required]')}        health-checks: |
          http://127.0.0.1:${ports.nas}/readyz 200 within 1s
          http://127.0.0.1:${ports.nas}/metrics 200 within 1s
        healthy-deadline: 20s
        require-attestation: ${folder}/cosign.pub
    verify: { checks: "http://${host.address}:${ports.nas}/readyz 200 within 1s" }
`;

  beforeAll(async () => {
    folder = await temporaryFolder();
    bare = join(folder, 'hello.git');
    repository = await repositoryOf('hello', join(folder, 'repository'), 'v1.0.0');
    await command(['git', 'init', '-q', '--bare', '-b', 'main', bare]);
    await writeFile(join(folder, 'slipway.yml'), slipway());
    await command([lab['peer:cosign'], 'generate-key-pair'], {
      cwd: folder,
      env: { ...process.env, COSIGN_PASSWORD: 'x' },
    });
    env = {
      ...runnerEnvironment(),
      HOME: folder,
      TMPDIR: folder,
      RUNNER_TOOL_CACHE: kept.tools,
      GOCACHE: kept.goBuild,
      GOMODCACHE: kept.goModules,
      SSH_PRIVATE_KEY: await readFile(host.privateKey, 'utf8'),
      KNOWN_HOSTS: await readFile(host.knownHosts, 'utf8'),
      SERVE_SECRET: secret,
    };
  }, limit);
  afterAll(async () => {
    const services = await servicesOf(host);
    for (const name of Object.keys(ports)) await services.remove(`e2e-${name}`);
    await removeFolder(folder);
  }, 60_000);

  const argv = (...args: string[]) => [process.execPath, join(root, 'bin', 'slipway.mjs'), ...args];
  const git = (...args: string[]) =>
    command(['git', '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', ...args], { cwd: repository });
  const slipwayIn = (directory: string, ...args: string[]) =>
    attempt(argv(...args, '-C', directory, '--config', join(folder, 'slipway.yml')), { env, timeout: 180_000 });
  const versionAt = async (name: keyof typeof ports) => {
    const response = await fetch(`http://${host.address}:${ports[name]}/version`).catch(() => undefined);
    return ((await response?.json()) as { version: string } | undefined)?.version;
  };

  /** A service of the suite. @returns the process, and what it has said */
  function start(...args: string[]): { child: ChildProcess; log: () => string; stop: () => Promise<void> } {
    const child = spawn(argv()[0]!, argv(...args, '-C', folder).slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const settled = endLater(() => child.kill('SIGKILL'));
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream!.on('data', chunk => (text += chunk));
    const ended = once(child, 'close').finally(settled);
    const stop = async () => {
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    };
    return { child, log: () => text, stop };
  }

  /** Builds a version, signs its binary, keeps it, and deploys it to production: what CI does elsewhere. */
  async function shipSigned(version: string): Promise<void> {
    await git('commit', '-q', '--allow-empty', '-am', version);
    await git('tag', version);
    await command(['rm', '-rf', join(repository, 'slipway-out')]);
    const planned = await slipwayIn(repository, 'plan', '-e', 'production');
    expect([planned.code, planned.stderr]).toEqual([0, expect.any(String)]);
    const binaries = JSON.parse(
      await readFile((await Array.fromAsync(glob(join(repository, 'slipway-out', 'release*.json'))))[0]!, 'utf8'),
    ).binaries as { path: string }[];
    for (const { path } of binaries) {
      const file = join(repository, 'slipway-out', path);
      const offline = ['--tlog-upload=false', '--use-signing-config=false', '--yes'];
      await command(
        [
          lab['peer:cosign'],
          'sign-blob',
          '--key',
          join(folder, 'cosign.key'),
          ...offline,
          '--bundle',
          `${file}.sigstore.json`,
          file,
        ],
        { env: { ...process.env, COSIGN_PASSWORD: 'x', HOME: folder } },
      );
    }
    const keptIt = await slipwayIn(repository, 'build', '--release', 'slipway-out/release*.json');
    expect([keptIt.code, keptIt.stderr]).toEqual([0, expect.any(String)]);
    const deployed = await slipwayIn(repository, 'deploy', '-e', 'production', '--version', version);
    expect([deployed.code, deployed.stderr]).toEqual([0, expect.stringContaining('verified')]);
  }

  test(
    'a push to a repository is released on a host, by its hook and serve; the secret is nowhere',
    async () => {
      const server = start('serve', '-e', 'production', '--listen', '127.0.0.1:0');
      await eventually(async () => expect(server.log()).toContain('listening on'));
      const address = `http://${/listening on (\S+)/.exec(server.log())![1]}/`;
      const hook = join(bare, 'hooks', 'post-receive');
      await mkdir(join(bare, 'hooks'), { recursive: true });
      const script = join(root, '__tests__', 'e2e', 'serve-hook.ts');
      await writeFile(hook, `#!/bin/sh\nexec '${process.execPath}' '${script}' '${address}' '${secret}'\n`);
      await chmod(hook, 0o755);
      await git('remote', 'add', 'origin', bare);
      await git('push', '-q', 'origin', 'v1.0.0');
      await git('push', '-q', 'origin', 'main');
      await eventually(async () => expect(server.log()).toMatch(/: released$/m), 150_000);
      expect(await versionAt('production')).toBe('v1.0.0');
      await server.stop();
      const found = await attempt(['grep', '-rlF', secret, join(folder, 'slipway-serve'), join(folder, 'records')], {});
      expect(found.stdout).toBe('');
      expect(server.log()).not.toContain(secret);
    },
    limit,
  );

  test(
    'pull takes what is verified and signed, nothing else; a bad release is rolled back once, and the poller stays small',
    async () => {
      const unsigned = await slipwayIn(folder, 'pull', '-e', 'nas', '--once', '--state', join(folder, 'once'));
      expect(unsigned.code).toBe(1);
      expect(await readFile(join(folder, 'once', 'last.log'), 'utf8')).toContain('ATTESTATION_MISSING');
      expect(await versionAt('nas')).toBeUndefined();

      const poller = start('pull', '-e', 'nas', '--interval', '1s');
      await shipSigned('v1.1.0');
      await eventually(async () => expect(poller.log()).toContain('v1.1.0 is deployed and verified'), 60_000);
      expect(await versionAt('nas')).toBe('v1.1.0');

      const server = join(repository, 'server.go');
      await writeFile(server, (await readFile(server, 'utf8')).replace(/^.*"GET \/metrics".*\n/m, ''));
      await shipSigned('v1.2.0'); // good enough for production
      await eventually(
        async () => expect(poller.log()).toMatch(/v1\.2\.0 ended with exit code 4: it is not tried/),
        60_000,
      );
      expect([await versionAt('production'), await versionAt('nas')]).toEqual(['v1.2.0', 'v1.1.0']);
      const memory = join(folder, 'slipway-pull', 'memory.json');
      const { mtimeMs } = await stat(join(folder, 'slipway-pull', 'last.log'));
      await eventually(async () => expect(JSON.parse(await readFile(memory, 'utf8')).seen).toBeDefined());
      expect((await stat(join(folder, 'slipway-pull', 'last.log'))).mtimeMs).toBe(mtimeMs); // nothing was begun since

      const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${poller.child.pid}/status`, 'utf8'))!;
      process.stderr.write(`pull has ${kilobytes} kB after ${poller.log().split('\n').length} lines\n`);
      expect(Number(kilobytes) * 1024).toBeLessThan(80e6);
      await poller.stop();
    },
    limit,
  );

  test('the units and the script for a NAS: systemd finds nothing wrong, each starts, ends and starts again', async () => {
    const { exec } = await labModule('host');
    const inside = async (...words: string[]): Promise<string> => (await exec(host.name, words)).stdout.trim();
    const write = async (path: string, text: string, mode = 0o644) => {
      await mkdir(join(host.root, dirname(path)), { recursive: true });
      await writeFile(join(host.root, path), text, { mode });
    };
    // in place of the program: it says what it was started with, and waits
    await write(
      '/usr/local/bin/slipway',
      '#!/bin/sh\necho "$@" "$(id -un)" "$SSH_PRIVATE_KEY" >>"${STATE_DIRECTORY:-.}/said"\nexec sleep 1000\n',
      0o755,
    );
    await write('/etc/slipway/environment', 'SSH_PRIVATE_KEY=key\n');
    await write('/volume1/slipway/environment', "SSH_PRIVATE_KEY='key'\n");
    await inside(
      'sh',
      '-c',
      'id slipway || useradd --create-home slipway; mkdir -p /srv/slipway; chown -R slipway /volume1/slipway',
    );
    const example = (name: string) => readFile(join(root, 'examples', 'serve', name), 'utf8');
    for (const name of ['slipway-serve', 'slipway-pull']) {
      const unit = `/etc/systemd/system/${name}.service`;
      await write(unit, await example(`${name}.service`));
      expect(await inside('sh', '-c', `systemd-analyze verify ${unit} 2>&1`)).toBe('');
      await inside('systemctl', 'daemon-reload');
      await inside('systemctl', 'start', name);
      await eventually(async () =>
        expect(await inside('cat', `/var/lib/${name}/said`)).toMatch(/-e \S+ .* slipway key$/m),
      );
      expect(await inside('systemctl', 'is-active', name)).toBe('active');
      await inside('systemctl', 'stop', name);
      await inside('rm', '-rf', `/var/lib/${name}`, unit);
    }
    const script = '/usr/local/etc/rc.d/slipway-pull.sh';
    await write(script, await example('slipway-pull.sh'), 0o755);
    const answer = (verb: string) => inside('sh', '-c', `${script} ${verb}; echo $?`);
    expect(await answer('status')).toBe('stopped\n1');
    for (const verb of ['start', 'start', 'restart']) expect(await answer(verb)).toBe('0');
    await eventually(async () =>
      expect(await inside('cat', '/volume1/slipway/said')).toMatch(/^pull .* --state state slipway key$/m),
    );
    expect(await answer('status')).toBe('running\n0');
    expect(await inside('pgrep', '-u', 'slipway', '-c', 'sleep')).toBe('1');
    expect(await answer('stop')).toBe('0');
    expect(await inside('sh', '-c', 'pgrep -u slipway -a; true')).toBe('');
    await inside('rm', '-rf', '/usr/local/bin/slipway', script, '/volume1', '/etc/slipway');
  }, 60_000);
});
