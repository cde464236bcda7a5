// The cache calls of actions/setup-go 7 (src/cache-restore.ts, src/cache-save.ts): both caches whole, one exact key over
// go.mod, no restore-keys; saved when the key was not there.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { restoreCache, saveCache } from '@actions/cache';
import { getState, saveState } from '@actions/core';

const go = (...args) => execFileSync('go', args, { encoding: 'utf8' }).trim();
const paths = () => [go('env', 'GOMODCACHE'), go('env', 'GOCACHE')];

if (process.argv[2] === 'restore') {
  const version = go('version').split(' ')[2];
  if (process.env.INPUT_CACHE === 'true') {
    const hash = createHash('sha256')
      .update(readFileSync(join(process.env.GITHUB_WORKSPACE, 'go.mod')))
      .digest('hex');
    const key = `setup-go-Linux-${process.arch}-go-${version}-${hash}`;
    const hit = await restoreCache(paths(), key);
    saveState('key', key);
    saveState('hit', hit ?? '');
    console.log(hit ? `Cache restored from key: ${hit}` : 'Cache is not found');
  }
} else if (getState('key') !== getState('hit')) await saveCache(paths(), getState('key'));
