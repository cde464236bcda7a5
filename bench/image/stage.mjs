// What all parts stand on: a checkout with the service, Go, a registry of the benchmark's own, and jobs: folders as
// setup-go-cross leaves them to the step that makes the image.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { peer } from '../../scripts/lab/peers.mjs';
import { root } from '../../scripts/root.mjs';
import { sha256File } from '../../src/core/files.ts';
import { makeStage } from '../cross/stage.mjs';
import { startRegistry } from '../lib/registry.mjs';
import { platformsOf } from '../lib/stored-image.mjs';

export const platforms = ['linux/amd64', 'linux/arm64'];

/** What is below the program in our images: certificates, zone data, users. */
export const baseLayer = join(root, 'src/build-multiarch-image/assets/scratch.tar.gz');

export async function makeImageStage({ source, dist, warmCache, progress }) {
  const stage = await makeStage({ source, dist, warmCache });
  const registry = await startRegistry(
    await peer('distribution-registry', { progress }),
    join(stage.folder, 'registry'),
  ).catch(error => stage.end().then(() => Promise.reject(error)));
  let repositories = 0;
  const env = more => ({ ...stage.env({ cache: stage.warmCache }), ...more });

  /** setup-go-cross as in a fresh checkout: { seconds, outputs }. */
  async function build(inputs = {}) {
    rmSync(join(stage.checkout, 'slipway-out'), { recursive: true, force: true });
    const given = { targets: platforms.join('\n'), cache: 'false', ...inputs };
    return stage.ours(given, { env: env() });
  }

  const whole = {
    ...stage,
    registry,
    env,
    build,
    /** `HOST/NAME` of a repository that does not exist yet. */
    repository: (host = registry.host) => `${host}/bench/image-${++repositories}`,
    /** Builds, and takes away what came out of it. */
    async job(name, inputs) {
      const { outputs } = await build(inputs);
      const folder = join(stage.folder, name);
      mkdirSync(folder);
      renameSync(join(stage.checkout, 'slipway-out'), join(folder, 'slipway-out'));
      const release = join(folder, 'slipway-out', basename(outputs.release));
      return { folder, release, record: readFileSync(release, 'utf8') };
    },
    /** Our step over a job whose record knows of no image yet; it writes the tag v1. Resolves with { seconds, log, outputs }. */
    async push({ folder, release, record }, inputs, more) {
      writeFileSync(release, record);
      return stage.step(
        'build-multiarch-image',
        { 'working-directory': folder, release, tags: 'v1', ...inputs },
        { env: env(more) },
      );
    },
    async end() {
      await registry.end();
      await stage.end();
    },
  };
  return whole;
}

/** The program that a job has for a platform. */
export function programOf({ folder, record }, platform) {
  const { path } = JSON.parse(record).binaries.find(({ target }) => target.startsWith(platform));
  return join(folder, 'slipway-out', path);
}

/** A copy of a job, in which the program of one platform has become another. `change` gets its path. */
export async function changedJob(stage, job, name, platform, change) {
  const folder = join(stage.folder, name);
  cpSync(job.folder, folder, { recursive: true });
  const path = programOf({ ...job, folder }, platform);
  await change(path);
  const record = JSON.parse(job.record);
  const binary = record.binaries.find(({ target }) => target.startsWith(platform));
  Object.assign(binary, { size: statSync(path).size, sha256: await sha256File(path) });
  return { folder, release: join(folder, 'slipway-out', basename(job.release)), record: JSON.stringify(record) };
}

/** Throws unless the repository has an image of both platforms: every contender must have done the same. */
export async function mustHaveBoth(repository, tag) {
  const found = (await platformsOf(repository, tag)).map(one => one.platform).sort();
  if (found.join() !== platforms.join()) throw new Error(`${repository}:${tag} is for ${found.join() || 'nothing'}`);
}
