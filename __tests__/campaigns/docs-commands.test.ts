import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { blocksOf } from '../docs/blocks.ts';
import { commandsOf, notRun } from '../docs/commands.ts';
import { shellOf } from '../e2e/shell.ts';
import { command, kept, removeFolder, repositoryOf, root, servicesOf, temporaryFolder } from '../e2e/support.ts';
import { describeWith, labModule } from '../integration/lab.ts';

jest.setTimeout(240_000); // of a test: a machine with two cores may be busy

await describeWith(['registry', 'host:host44', 'host:host45', 'go'], 'the commands of the documentation', lab => {
  const [web1, web2] = [lab['host:host44'], lab['host:host45']];
  const place = `e2e-docs-${randomBytes(4).toString('hex')}`;
  let folder: string;
  let repository: string;
  let knownHosts: string;
  let key: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
    repository = await hello('repository');
    const lines = await Promise.all([web1, web2].map(host => readFile(host.knownHosts, 'utf8')));
    knownHosts = lines
      .join('\n')
      .split('\n')
      .filter(line => line.includes('ssh-ed25519'))
      .join('\n');
    key = await readFile(web1.privateKey, 'utf8');
  });
  afterAll(async () => {
    for (const host of [web1, web2]) await (await servicesOf(host)).remove('hello');
    await removeFolder(folder);
  }, 60_000);

  /** The example service as somebody has it who knows nothing of Slipway yet. */
  async function hello(name: string): Promise<string> {
    const path = await repositoryOf('hello', join(folder, name), 'v0.0.0');
    await command(['git', '-C', path, 'rm', '-rq', 'slipway.yml', 'kubernetes']);
    const git = ['git', '-C', path, '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com'];
    await command([...git, 'commit', '-qm', 'A program']);
    return path;
  }

  /** The documentation's names are those of the lab, and the addresses of users those of the hosts. */
  const here = (text: string) =>
    text
      .replace('web1.example.com ssh-ed25519 AAAA…', knownHosts.split('\n')[0]!)
      .replaceAll(/https:\/\/(staging|hello)\.example\.com/g, `http://${web1.address}:8080`)
      .replaceAll(/(web1|staging)\.example\.com/g, web1.address)
      .replaceAll('web2.example.com', web2.address)
      .replaceAll(
        'images: ghcr.io/acme/hello',
        `images: ${lab.registry.host}/${place}/hello, insecure: "${lab.registry.host}"`,
      );

  /** Runs a script whose commands stand in the documentation; they have to end with 0. */
  async function run(script: string, options: Partial<Parameters<typeof shellOf>[0]> = {}) {
    const shell = await shellOf({ folder, repository, programs: [lab.go], ...options });
    const ran = await shell(here(script));
    expect([script, ran.code, ran.code === 0 ? '' : ran.stdout + ran.stderr]).toEqual([script, 0, '']);
    return ran.stdout + ran.stderr;
  }

  const serves = async (host: { address: string }) =>
    ((await (await fetch(`http://${host.address}:8080/version`)).json()) as { version: string }).version;

  const configOf = (page: string) => here(blocksOf('slipway.yml').find(block => block.page === page)!.text);
  const left = (page: string) => commandsOf(page).filter(one => notRun[page]?.[one] === undefined);

  test('a first release, as its guide leads there: verified, nothing left to edit', async () => {
    await mkdir(join(folder, 'home', '.ssh'), { recursive: true, mode: 0o700 });
    await copyFile(web1.privateKey, join(folder, 'home', '.ssh', 'id_ed25519'));
    const said = await run(commandsOf('docs/first-release.md').join('\n'));
    expect(said).toContain('verdict: verified');
    expect(said).not.toContain('TODO');
    expect(await serves(web1)).toBe('v1.0.0');
  });

  test('init, plan and release of the README, with the slipway.yml that it shows', async () => {
    repository = await hello('second');
    const env = { SSH_PRIVATE_KEY: key };
    const [init, ...then] = left('README.md').filter(one => one.startsWith('npx '));
    expect(await run(init!, { env })).toContain('slipway.yml');
    await writeFile(join(repository, 'slipway.yml'), configOf('README.md'));
    await run('git add slipway.yml\ngit commit -qm release\ngit tag v1.1.0');
    expect(await run(then.join('\n'), { env })).toContain('verdict: verified');
    expect(await serves(web1)).toBe('v1.1.0');
    expect(left('README.md')).toEqual([init, ...then]);
  });

  test('environments, as their page has them: built once, from staging to production, and audited', async () => {
    repository = await hello('third');
    await writeFile(join(repository, 'slipway.yml'), configOf('docs/environments.md'));
    await run('git add slipway.yml\ngit commit -qm release\ngit tag v1.2.0');
    const env = { SSH_PRIVATE_KEY: key, KNOWN_HOSTS: knownHosts };
    await run('slipway build\nslipway plan -e staging --version v1.2.0', { env });
    expect(await serves(web1)).toBe('v1.1.0');
    await rm(join(repository, 'slipway-out'), { recursive: true }); // what follows is read from the records
    expect(await run('slipway deploy -e staging', { env })).toContain('verdict: verified');
    expect(await run('slipway promote -e production', { env })).toContain('verdict: verified');
    expect([await serves(web1), await serves(web2)]).toEqual(['v1.2.0', 'v1.2.0']);
    await run('slipway audit -e production', { env });
  });

  test('the folder of a shared cache is made for its group', async () => {
    const { exec } = await labModule('host');
    const [install, ...others] = commandsOf('actions/setup-go-cross/README.md');
    expect(others).toEqual([]);
    const script = `groupadd -f builders; ${install}; stat -c '%a %G' /srv/go`;
    expect((await exec(web1.name, ['sh', '-euc', script])).stdout.trim()).toBe('2775 builders');
  });

  test('the lab says what is up', async () => {
    const said = await run(left('scripts/lab/README.md').join('\n'), {
      repository: root,
      env: { HOME: process.env['HOME']! },
    });
    expect(said).toContain(web1.name);
  });

  /** Runs a command that goes on until it is ended, and asks it meanwhile. */
  async function meanwhile(page: string, line: string, url: string, env: Record<string, string>) {
    const path = join(folder, page.split('/')[1]!);
    await expect(fetch(url)).rejects.toThrow(); // nobody else answers there
    const child = spawn('bash', ['-euc', line], {
      cwd: path,
      detached: true,
      stdio: 'ignore',
      env: {
        ...process.env,
        PATH: `${join(lab.go, '..')}:${process.env['PATH']}`,
        CGO_ENABLED: '0', // as the actions build them: compiled packages are shared
        GOCACHE: kept.goBuild,
        GOMODCACHE: kept.goModules,
        ...env,
      },
    });
    try {
      const end = Date.now() + 150_000;
      for (;;) {
        const answer = await fetch(url).catch(() => undefined);
        if (answer?.ok) return await answer.text();
        if (Date.now() > end || child.exitCode !== null) throw new Error(`${line} does not answer at ${url}`);
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    } finally {
      const gone = once(child, 'close');
      process.kill(-child.pid!, 'SIGTERM'); // bash, and what it has started
      await gone;
    }
  }

  test('examples/hello is built, and answers', async () => {
    const page = 'examples/hello/README.md';
    await hello('hello');
    const [start, ...others] = left(page);
    const answer = await meanwhile(page, start!, 'http://127.0.0.1:8488/version', { HELLO_LISTEN: '127.0.0.1:8488' });
    expect(JSON.parse(answer)).toMatchObject({ version: 'v1.0.0' });
    expect(others).toEqual([]);
  });

  test('examples/podinfo is built from its module, and answers', async () => {
    const page = 'examples/podinfo/README.md';
    await repositoryOf('podinfo', join(folder, 'podinfo'), 'v1.0.0');
    const [start, ...others] = left(page);
    expect(await meanwhile(page, start!, 'http://127.0.0.1:9898/healthz', {})).toContain('OK');
    expect(others).toEqual([]);
  });
});
