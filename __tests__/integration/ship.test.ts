import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
// @ts-expect-error: plain JavaScript
import { ship } from '../../scripts/ship/story.mjs';
import { run } from '../../src/core/process.ts';
import { FakeGitHub } from '../release/github/fake-github.ts';
import { describeWith } from './lab.ts';
import { identity, issuer, type Sigstore, startSigstore } from './sigstore.ts';

const root = join(import.meta.dirname, '..', '..');
const workflow =
  'on: workflow_call\njobs:\n  build:\n    steps:\n      - uses: OWNER/slipway/actions/verify-health@v1\n';

/** The real script on a checkout of its own with a real remote; GitHub is the fake that its OpenAPI description checks. */
await describeWith('peer:cosign', 'the suite releases itself', lab => {
  let folder: string;
  let sigstore: Sigstore;
  let trustedRoot: string;
  let fake: FakeGitHub;
  let directory: string;

  const git = (...args: string[]) => execFileSync('git', ['-C', directory, ...args], { encoding: 'utf8' }).trim();
  const remote = (name: string) => {
    const [line] = git('ls-remote', 'origin', `refs/tags/${name}`).split('\n');
    return line === '' ? undefined : line!.split('\t')[0]!;
  };
  const commit = (message: string) => {
    git('add', '--all');
    git('-c', 'user.name=dev', '-c', 'user.email=dev@example.com', 'commit', '--quiet', '--message', message);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-ship-'));
    sigstore = await startSigstore(folder);
    trustedRoot = await sigstore.trustedRoot('root.json');
    fake = await FakeGitHub.start();
    // What GitHub has as tags is what was pushed.
    fake.repository.tags.get = name => {
      const sha = remote(name);
      return sha === undefined ? undefined : { sha };
    };
  }, 60_000);
  afterAll(async () => {
    await fake?.stop();
    await sigstore?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    directory = await mkdtemp(join(folder, 'checkout-'));
    git('init', '--quiet', '--bare', `${directory}.git`);
    git('init', '--quiet', '--initial-branch=main');
    git('remote', 'add', 'origin', `${directory}.git`);
    for (const name of ['action.yml', 'LICENSE', 'README.md', 'actions', 'schema'])
      await cp(join(root, name), join(directory, name), { recursive: true });
    await mkdir(join(directory, 'dist', 'release'), { recursive: true });
    await mkdir(join(directory, '.github', 'workflows'), { recursive: true });
    await writeFile(join(directory, 'dist', 'release', 'index.js'), 'console.log(1);\n');
    await writeFile(join(directory, '.github', 'workflows', 'release.yml'), workflow);
    await writeFile(join(directory, '.gitignore'), 'slipway-out/\n');
    commit('all of it');
    fake.repository.runs.clear();
    fake.repository.releases.length = 0;
    fake.faults.length = 0;
  });

  /** CI of the commit that is checked out. */
  const ci = (conclusion: string) => {
    const head_sha = git('rev-parse', 'HEAD');
    fake.repository.runs.set(head_sha, { path: '.github/workflows/ci.yml', head_sha, conclusion });
  };

  /** As the job does; Sigstore's library reads the environment of the process. */
  async function shipping(version: string, conclusion = 'success'): Promise<void> {
    ci(conclusion);
    const before = { ...process.env };
    Object.assign(process.env, sigstore.env);
    try {
      const env = {
        ...sigstore.env,
        ...fake.env(),
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKFLOW_REF: 'acme/hello/.github/workflows/ship.yml@refs/heads/main',
      };
      const services = { fulcio: sigstore.url, rekor: sigstore.url };
      await ship(version, { directory, env, signal: AbortSignal.timeout(50_000), sigstore: services, trustedRoot });
    } finally {
      for (const name of Object.keys(sigstore.env)) delete process.env[name];
      Object.assign(process.env, before);
    }
    expect(fake.problems).toEqual([]);
  }
  const asset = (name: string) =>
    fake.repository.releases.at(-1)!.assets.find(one => one['name'] === name)?.['content'] as Buffer;

  test('a tag whose workflows name it, v1 beside it, a release whose provenance cosign verifies', async () => {
    const head = git('rev-parse', 'HEAD');
    await shipping('1.2.3');
    const tagged = remote('v1.2.3')!;
    expect([
      remote('v1'),
      git('rev-parse', `${tagged}^`),
      git('rev-parse', 'HEAD'),
      git('status', '--porcelain'),
    ]).toEqual([tagged, head, head, '']);
    expect(git('show', `${tagged}:.github/workflows/release.yml`)).toContain(
      'uses: acme/hello/actions/verify-health@v1.2.3',
    );
    expect(git('diff', '--name-only', head, tagged)).toBe('.github/workflows/release.yml');

    const archive = asset('slipway-v1.2.3.tar.gz');
    const [file, bundle, tree] = ['slipway-v1.2.3.tar.gz', 'bundle.json', 'unpacked'].map(name =>
      join(directory, '..', name),
    );
    await writeFile(file!, archive);
    await writeFile(bundle!, asset('slipway-v1.2.3.tar.gz.sigstore.json'));
    expect(asset('SHA256SUMS').toString()).toBe(
      `${createHash('sha256').update(archive).digest('hex')}  slipway-v1.2.3.tar.gz\n`,
    );
    await mkdir(tree!);
    await run(['tar', '-xzf', file!, '-C', tree!], { timeout: 20_000 });
    expect(await readFile(join(tree!, 'slipway-v1.2.3', 'action.yml'), 'utf8')).toBe(
      await readFile(join(root, 'action.yml'), 'utf8'),
    );

    const by = ['--trusted-root', trustedRoot, '--insecure-ignore-sct', '--certificate-oidc-issuer', issuer];
    const verify = (who: string) =>
      run(
        [
          lab['peer:cosign'],
          'verify-blob-attestation',
          ...by,
          '--certificate-identity',
          who,
          '--type',
          'slsaprovenance1',
          '--bundle',
          bundle!,
          file!,
        ],
        {
          timeout: 30_000,
          env: { ...process.env, HOME: folder },
        },
      );
    await verify(identity);
    await expect(verify('https://github.com/eve/hello')).rejects.toThrow();
  });

  test('a run that died after the tag was pushed is gone on with: same commit, same bytes', async () => {
    fake.faults.push({ at: /^POST …\/releases$/, what: { status: 422 } });
    await expect(shipping('1.2.3')).rejects.toMatchObject({ code: 'GITHUB_REFUSED' });
    const tagged = remote('v1.2.3');
    expect([typeof tagged, remote('v1')]).toEqual(['string', undefined]);
    await shipping('1.2.3');
    expect([remote('v1.2.3'), remote('v1')]).toEqual([tagged, tagged]);
    const before = asset('slipway-v1.2.3.tar.gz');
    await shipping('1.2.3');
    expect(asset('slipway-v1.2.3.tar.gz')).toBe(before);
  });

  test('a commit that CI has not passed is not released', async () => {
    await expect(shipping('1.2.3', 'failure')).rejects.toMatchObject({ code: 'CI_NOT_PASSED' });
    expect([git('ls-remote', 'origin'), fake.repository.releases]).toEqual(['', []]);
  });

  test('a tag is never moved; v1 follows the newest version only', async () => {
    await shipping('1.2.3');
    const first = remote('v1.2.3');
    await writeFile(join(directory, 'dist', 'release', 'index.js'), 'console.log(2);\n');
    commit('another');
    await expect(shipping('1.2.3')).rejects.toMatchObject({ code: 'TAG_TAKEN' });
    expect([remote('v1.2.3'), remote('v1')]).toEqual([first, first]);
    await shipping('1.3.0');
    expect(remote('v1')).toBe(remote('v1.3.0'));
    await shipping('1.2.4'); // a fix of what some still use
    await shipping('1.4.0-rc.1');
    expect(remote('v1')).toBe(remote('v1.3.0'));
    expect(fake.repository.releases.at(-1)).toMatchObject({ tag_name: 'v1.4.0-rc.1', prerelease: true });
  });
});
