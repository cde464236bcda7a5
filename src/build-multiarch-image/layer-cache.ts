import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../core/errors.ts';
import { sha256 } from '../core/files.ts';
import { log } from '../core/log.ts';
import { passing, summing } from '../core/measured.ts';
import { type Entry, tarStream } from '../core/tar.ts';
import { compressions } from './compression.ts';
import { type Layer, type LayerContent, layerOf, writeLayer } from './layer.ts';

/** Unused for so long, or beyond so many bytes, a layer is removed. */
const limits = { age: 30 * 24 * 3600 * 1000, bytes: 2 * 1024 ** 3 };

/** Makes a layer, or takes it from where an earlier run left it. */
export type MakeLayer = (content: LayerContent, signal: AbortSignal) => Promise<Layer>;

/** The folder of the input `layer-cache`; without one, in the runner's tool cache, which self-hosted runners keep. */
export function cacheFolder(given: string | undefined, directory: string, env: NodeJS.ProcessEnv): string | undefined {
  if (given === 'off') return undefined;
  if (given !== undefined) return resolve(directory, given);
  return env['RUNNER_TOOL_CACHE'] ? join(env['RUNNER_TOOL_CACHE'], 'slipway-layers') : undefined;
}

/**
 * Layers by what they are made of. A hit is not trusted: the tar is made again, which costs little and reads the files
 * as they are now, and what was kept must unpack to it. A cache that cannot be used costs time, never the run.
 */
export function cachedLayers(cache: string | undefined, folder: string): MakeLayer {
  if (cache === undefined) return (content, signal) => writeLayer(folder, content, signal);
  return async (content, signal) => {
    const key = keyOf(content);
    const kept = key === undefined ? undefined : join(cache, key);
    const found = kept === undefined ? undefined : await take(kept, folder, content, signal);
    if (found !== undefined) return found;
    const layer = await writeLayer(folder, content, signal);
    if (kept !== undefined) await keep(layer.path, cache, kept);
    return layer;
  };
}

/** Undefined when the content of a file is not known beforehand. */
function keyOf({ entries, seconds, compression }: LayerContent): string | undefined {
  const sums = entries.map(({ content }) =>
    content === undefined ? '' : Buffer.isBuffer(content) ? sha256(content) : content.sha256,
  );
  if (sums.includes(undefined)) return undefined;
  const plain = entries.map(({ name, mode, uid = 0, gid = 0, link }: Entry, index) => {
    return [name, mode, uid, gid, link?.kind, link?.target, sums[index]];
  });
  return sha256(JSON.stringify(['tar-1', compressions[compression].version(), seconds, plain]));
}

async function take(kept: string, folder: string, content: LayerContent, signal: AbortSignal) {
  const path = join(folder, `${content.name}.layer`);
  // A link of our own: another job may tidy up while this one still uploads.
  if (!(await linkOrCopy(kept, path))) return undefined;
  const plain = await sumOfTar(content, signal);
  const [packed, unpacked] = [summing(), summing()];
  try {
    const counted = passing(chunk => {
      if (unpacked.add(chunk) && unpacked.size() > plain.size) throw new Error('it unpacks to more');
    });
    await pipeline(
      createReadStream(path, { highWaterMark: 1024 * 1024 }),
      passing(packed.add),
      compressions[content.compression].unpack(),
      counted,
      async source => {
        for await (const _ of source);
      },
      { signal },
    );
    const compressed = packed.sum();
    if (unpacked.sum().digest !== plain.digest) throw new Error('it unpacks to something else');
    await utimes(kept, new Date(), new Date()).catch(() => undefined);
    return layerOf(path, content.compression, { plain, compressed });
  } catch (error) {
    signal.throwIfAborted();
    log.warning(`layer cache: ${kept} is damaged (${messageOf(error)}): the layer is made again`);
    await Promise.all([path, kept].map(one => rm(one, { force: true }).catch(() => undefined)));
    return undefined;
  }
}

async function sumOfTar({ entries, seconds }: LayerContent, signal: AbortSignal) {
  const { add, sum } = summing();
  const { stream, filled } = tarStream(entries, seconds, signal);
  const reading = pipeline(stream, async source => {
    for await (const chunk of source) add(chunk as Buffer);
  });
  // What broke the tar is the cause; its reader only saw it end.
  await Promise.all([filled, reading.catch(async error => filled.then(() => Promise.reject(error)))]);
  return sum();
}

async function keep(path: string, cache: string, kept: string): Promise<void> {
  const part = join(cache, `.${randomUUID()}.part`);
  try {
    await mkdir(cache, { recursive: true });
    if (await linkOrCopy(path, part)) await rename(part, kept);
    await tidy(cache);
  } catch (error) {
    log.info(`layer cache: ${cache} cannot be used: ${messageOf(error)}`);
    await rm(part, { force: true }).catch(() => undefined);
  }
}

async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch(() => copyFile(from, to));
    return true;
  } catch {
    return false;
  }
}

/** Removes what was not used for long; then the oldest, until the rest is small enough. */
async function tidy(cache: string): Promise<void> {
  const names = (await readdir(cache)).filter(name => /^[0-9a-f]{64}$|\.part$/.test(name));
  const files = await Promise.all(
    names.map(async name => {
      const info = await stat(join(cache, name)).catch(() => undefined);
      return { name, time: info?.mtimeMs ?? 0, size: info?.size ?? 0 };
    }),
  );
  let total = 0;
  for (const { name, time, size } of files.sort((a, b) => b.time - a.time)) {
    total += size;
    if (total > limits.bytes || time < Date.now() - limits.age) await rm(join(cache, name), { force: true });
  }
}
