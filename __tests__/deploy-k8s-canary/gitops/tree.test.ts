import { chmod, cp, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../../../src/core/process.ts';
import { openTree, type Tree } from '../../../src/deploy-k8s-canary/gitops/tree.ts';

const signal = new AbortController().signal;
let folder: string;
let mine: string;
let other: string;

/** Without any configuration but the repository's. */
async function git(directory: string, ...args: string[]): Promise<string> {
  const who = ['-c', 'user.name=someone', '-c', 'user.email=someone@test'];
  return (await run(['git', '-C', directory, ...who, ...args], { timeout: 20_000 })).stdout.trim();
}

let model: string;

beforeAll(async () => {
  model = await mkdtemp(join(tmpdir(), 'slipway-tree-'));
  const made = join(model, 'mine');
  await git(model, 'init', '--quiet', '--bare', '--initial-branch=main', 'origin.git');
  await git(model, 'init', '--quiet', '--initial-branch=main', 'mine');
  await git(made, 'remote', 'add', 'origin', '../origin.git');
  await writeFile(join(made, 'a.yaml'), 'image: one\n');
  await writeFile(join(made, 'b.yaml'), 'b: 1\n');
  await git(made, 'add', '.');
  await git(made, 'commit', '--quiet', '-m', 'first');
  await git(made, 'push', '--quiet', 'origin', 'main');
  await cp(made, join(model, 'other'), { recursive: true });
});

afterAll(() => rm(model, { recursive: true, force: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-tree-'));
  [mine, other] = [join(folder, 'mine'), join(folder, 'other')];
  await cp(model, folder, { recursive: true });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (pushes = true): Promise<Tree> => openTree(['a.yaml#image'], { directory: mine, pushes, signal });
const put = async (tree: Tree, text: string) => tree.commit((await tree.sources())[0]!, text, ['set', 'body'], signal);
const othersPush = async (file: string, text: string) => {
  await writeFile(join(other, file), text);
  await git(other, 'commit', '--quiet', '-am', `other ${file}`);
  await git(other, 'push', '--quiet', 'origin', 'main');
};
const remote = async () => {
  await git(other, 'fetch', '--quiet');
  return (await git(other, 'log', '--format=%s', 'origin/main')).split('\n');
};

describe('opening a working tree', () => {
  const code = async (...given: string[]) =>
    openTree(given, { directory: mine, pushes: true, signal }).then(
      () => 'opened',
      error => error.code,
    );

  test('files that are committed are opened, by path, folder, glob, link and value', async () => {
    await symlink('a.yaml', join(mine, 'inside.yaml'));
    expect(await code('.', '*.yaml', 'inside.yaml', 'a.yaml#a.b')).toBe('opened');
  });

  test('outside of it, also by a link, and the repository itself', async () => {
    await writeFile(join(folder, 'outside.yaml'), 'a: 1\n');
    await symlink('../outside.yaml', join(mine, 'link.yaml'));
    await symlink('..', join(mine, 'up'));
    for (const path of ['../outside.yaml', join(folder, 'outside.yaml'), 'link.yaml', 'up/outside.yaml', '.git/config'])
      expect([path, await code(path)]).toEqual([path, 'RENDER_OUTSIDE']);
  });

  test('not there, not known to git, not committed', async () => {
    await writeFile(join(mine, 'new.yaml'), 'a: 1\n');
    await writeFile(join(mine, 'b.yaml'), 'b: mine\n');
    expect(await code('absent-*.yaml')).toBe('MANIFEST_INVALID');
    expect(await code('absent.yaml')).toMatch(/RENDER_MISSING|MANIFEST_INVALID/);
    expect(await code('new.yaml')).toBe('RENDER_UNTRACKED');
    expect(await code('b.yaml')).toBe('RENDER_DIRTY');
    expect(await code('a.yaml')).toBe('opened');
  });

  test('no branch to push to, no repository', async () => {
    await git(mine, 'checkout', '--quiet', '--detach');
    expect(await code('a.yaml')).toBe('DETACHED_HEAD');
    await expect(open(false)).resolves.toBeDefined();
    await expect(openTree(['x'], { directory: folder, pushes: false, signal })).rejects.toMatchObject({
      code: 'RENDER_NO_TREE',
    });
  });
});

describe('commits in a working tree', () => {
  test('one file, its mode kept, by whoever git knows; what else is changed stays where it is', async () => {
    await chmod(join(mine, 'a.yaml'), 0o755);
    await git(mine, 'commit', '--quiet', '-am', 'mode');
    await writeFile(join(mine, 'b.yaml'), 'b: mine\n');
    await git(mine, 'add', 'b.yaml');
    const hook = join(mine, '.git', 'hooks', 'pre-commit');
    await writeFile(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect(await put(await open(), 'image: two\n')).toBe(true);
    expect(await git(mine, 'show', '--format=%s', '--name-only', 'HEAD')).toBe('set\n\na.yaml');
    expect((await stat(join(mine, 'a.yaml'))).mode & 0o777).toBe(0o755);
    expect(await git(mine, 'status', '--porcelain')).toBe('M  b.yaml');
    expect(await remote()).toEqual(['set', 'mode', 'first']);
  });

  test('the same text makes no commit, and pushes what an earlier run could not', async () => {
    await put(await open(false), 'image: two\n');
    expect(await remote()).toEqual(['first']);
    expect(await put(await open(), 'image: two\n')).toBe(false);
    expect(await remote()).toEqual(['set', 'first']);
  });

  test('on top of what others pushed meanwhile, never by force', async () => {
    const tree = await open();
    await othersPush('b.yaml', 'b: 2\n');
    await put(tree, 'image: two\n');
    expect(await remote()).toEqual(['set', 'other b.yaml', 'first']);
  });

  test('when others changed the same line, neither theirs nor the tree is touched', async () => {
    const tree = await open();
    const before = await tree.head(signal);
    await othersPush('a.yaml', 'image: theirs\n');
    await expect(put(tree, 'image: two\n')).rejects.toMatchObject({ code: 'PUSH_FAILED' });
    expect(await remote()).toEqual(['other a.yaml', 'first']);
    expect(await tree.head(signal)).toBe(before);
    expect(await readFile(join(mine, 'a.yaml'), 'utf8')).toBe('image: one\n');
    expect(await git(mine, 'status', '--porcelain')).toBe('');
  });

  test('a commit that is not there is fetched: a checkout without history', async () => {
    const base = await git(mine, 'rev-parse', 'HEAD');
    await put(await open(), 'image: two\n');
    const shallow = join(folder, 'shallow');
    await git(folder, 'clone', '--quiet', '--depth=1', `file://${join(folder, 'origin.git')}`, shallow);
    const tree = await openTree(['a.yaml#image'], { directory: shallow, pushes: true, signal });
    const [source] = await tree.sources();
    expect([source!.text, (await tree.at(base, source!, signal)).text]).toEqual(['image: two\n', 'image: one\n']);
  });
});
