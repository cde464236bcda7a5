import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pseudoVersion, releaseVersion, zeroPseudoVersion } from '../../src/core/version.ts';

const commit = '6af1dd252543a203e224df7e02707c5eefca1e2b';
const commitTime = '2026-11-21T05:45:13Z';

// As in https://go.dev/ref/mod#pseudo-versions: the three forms.
const forms: { name: string; tags: string[]; major: number; expected: string }[] = [
  { name: 'no tag', tags: [], major: 0, expected: 'v0.0.0-20261121054513-6af1dd252543' },
  { name: 'no tag of this major version', tags: ['v1.4.0'], major: 2, expected: 'v2.0.0-20261121054513-6af1dd252543' },
  { name: 'after a release', tags: ['v1.2.3', 'v1.2.10'], major: 0, expected: 'v1.2.11-0.20261121054513-6af1dd252543' },
  {
    name: 'after a pre-release',
    tags: ['v1.2.3-rc.1'],
    major: 1,
    expected: 'v1.2.3-rc.1.0.20261121054513-6af1dd252543',
  },
  {
    name: 'other majors do not count',
    tags: ['v2.0.0', 'v1.0.0'],
    major: 0,
    expected: 'v1.0.1-0.20261121054513-6af1dd252543',
  },
  {
    name: 'other tags do not count',
    tags: ['nightly', '1.9.9', 'v1'],
    major: 0,
    expected: 'v0.0.0-20261121054513-6af1dd252543',
  },
];

test.each(forms)('pseudo-version: $name', ({ tags, major, expected }) => {
  expect(pseudoVersion({ commit, commitTime, tags }, major)).toBe(expected);
});

describe('in a repository', () => {
  let directory: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', directory, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      encoding: 'utf8',
      env: { ...process.env, GIT_COMMITTER_DATE: commitTime, GIT_AUTHOR_DATE: commitTime },
    }).trim();
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'slipway-version-'));
    git('init', '-q');
    writeFileSync(join(directory, 'a'), 'a');
    git('add', 'a');
    git('commit', '-q', '-m', 'one');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test('the input wins over the tag', async () => {
    git('tag', 'v1.0.0');
    const release = await releaseVersion({ directory, version: 'v9.0.0' });
    expect(release).toMatchObject({ version: 'v9.0.0', source: 'input', commitTime, changes: [] });
    expect(release.commit).toBe(git('rev-parse', 'HEAD'));
  });

  test('the highest version among the tags on HEAD, also of a module in a folder', async () => {
    for (const tag of ['v1.0.0', 'api/v1.1.0', 'latest']) git('tag', tag);
    expect(await releaseVersion({ directory })).toMatchObject({ version: 'v1.1.0', source: 'tag' });
  });

  test('a tag that is no version counts only when the run is for it', async () => {
    git('tag', 'release-7');
    expect((await releaseVersion({ directory })).source).toBe('pseudo-version');
    expect(await releaseVersion({ directory, runTag: 'release-7' })).toMatchObject({ version: 'release-7' });
    expect((await releaseVersion({ directory, runTag: 'release-8' })).source).toBe('pseudo-version');
  });

  test('untracked files make it dirty', async () => {
    writeFileSync(join(directory, 'b'), 'b');
    const release = await releaseVersion({ directory });
    expect(release.version).toMatch(/^v0\.0\.0-20261121054513-[0-9a-f]{12}\+dirty$/);
    expect(release.changes).toEqual(['?? b']);
  });

  test('a git that cannot list tags is an error, not another version', async () => {
    git('tag', 'v1.0.0');
    const bin = mkdtempSync(join(tmpdir(), 'slipway-git-'));
    const path = process.env['PATH'];
    writeFileSync(join(bin, 'git'), `#!/bin/sh\ncase "$*" in *tag*) exit 3;; esac\nPATH='${path}' exec git "$@"\n`, {
      mode: 0o755,
    });
    process.env['PATH'] = `${bin}:${path}`;
    try {
      await expect(releaseVersion({ directory })).rejects.toMatchObject({ code: 'PROCESS_FAILED' });
    } finally {
      process.env['PATH'] = path;
      rmSync(bin, { recursive: true });
    }
  });

  test('a repository without a commit', async () => {
    git('update-ref', '-d', 'HEAD');
    expect(await releaseVersion({ directory })).toMatchObject({ source: 'none', missing: 'no-commit' });
  });
});

test('outside a repository', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-version-'));
  try {
    expect(await releaseVersion({ directory })).toMatchObject({ version: zeroPseudoVersion, missing: 'no-repository' });
    expect(await releaseVersion({ directory, version: '2' })).toMatchObject({ version: '2', source: 'input' });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
