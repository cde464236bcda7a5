// What is released: the actions as they are used, as one archive, and the record that names it.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SlipwayError } from '../../src/core/errors.ts';
import { sha256File } from '../../src/core/files.ts';
import { gzipStages } from '../../src/core/gzip.ts';
import { outputFolder, saveRecord } from '../../src/core/record/files.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import { git } from './git.mjs';

/** Of the repository; tests, sources and benchmarks are no part of what runs. */
const parts = ['action.yml', 'actions', 'dist', 'schema', 'LICENSE', 'README.md'];

/**
 * Packs the release commit: the same commit gives the same bytes everywhere.
 *
 * @returns the record, as the actions write theirs, with the archive beside it
 */
export async function pack(directory, tag, commit, signal) {
  const folder = join(directory, outputFolder, 'ship');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const path = join(folder, `slipway-${tag}.tar.gz`);
  await archive(directory, commit, `slipway-${tag}/`, path, signal);
  const seconds = Number(await git(directory, ['log', '-1', '--format=%ct', commit], { signal }));
  const data = {
    schema: 'slipway.release/v1',
    name: 'slipway',
    version: tag,
    commit,
    commitTime: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
    archives: [{ target: 'node24', path, size: (await stat(path)).size, sha256: await sha256File(path) }],
  };
  const release = { file: join(folder, 'release.json'), record: parseRecord(JSON.stringify(data), 'ship') };
  await saveRecord(release);
  return release;
}

async function archive(directory, commit, prefix, path, signal) {
  const args = ['-C', directory, 'archive', '--format=tar', `--prefix=${prefix}`, commit, ...parts];
  const child = spawn('git', args, { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const { count, deflate, frame } = gzipStages();
  const [code] = await Promise.all([
    ended,
    pipeline(child.stdout, count, deflate, frame, createWriteStream(path), { signal }),
  ]);
  if (code !== 0) throw new SlipwayError('ARCHIVE_FAILED', `git archive of ${commit} ended with code ${code}`);
}
