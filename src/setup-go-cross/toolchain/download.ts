import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { deadline, retry } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { formatSize } from '../../core/units.ts';
import { diskProblem } from '../disk.ts';
import { absent, badStatus, bare, type GetOptions, get, refuseDrip, unavailable } from './http.ts';

export interface Downloaded {
  /** Hex, of the bytes as they came. */
  readonly sha256: string;
  readonly size: number;
}

const within = 15 * 60_000;
const progressEvery = 5000;
const toolchainNeeds = 'The toolchain needs about 400 MB in RUNNER_TOOL_CACHE while it is installed.';

/**
 * Streams a file to disk and hashes it on the way. A connection that breaks is tried again, three times in all.
 *
 * @returns undefined for 404 and 410
 * @throws SlipwayError SOURCE_UNAVAILABLE
 */
export function download(url: string, path: string, options: GetOptions): Promise<Downloaded | undefined> {
  return retry(signal => once(url, path, { ...options, signal }), {
    doing: `downloading ${bare(url)}`,
    signal: options.signal,
    attempts: 3,
    within,
    retriable: error => error instanceof SlipwayError && error.code === unavailable && error.hint === broken,
  });
}

const broken = 'The connection broke off.';

async function once(url: string, path: string, options: GetOptions): Promise<Downloaded | undefined> {
  using limited = deadline(within, `downloading ${bare(url)}`, options.signal);
  const answer = await get(url, { ...options, signal: limited });
  if (answer.status !== 200) {
    answer.body.destroy();
    if (answer.status === 404 || answer.status === 410) return undefined;
    throw badStatus(url, answer.status);
  }
  const hash = createHash('sha256');
  let size = 0;
  let said = Date.now();
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      if (Date.now() - said > progressEvery) {
        said = Date.now();
        log.info(`  ${formatSize(size)}${answer.length ? ` of ${formatSize(answer.length)}` : ''}`);
      }
      done(undefined, chunk);
    },
  });
  using _ = refuseDrip(answer.body, url, options, () => size);
  try {
    await pipeline(answer.body, counted, createWriteStream(path), { signal: limited });
  } catch (error) {
    limited.throwIfAborted();
    const disk = diskProblem(error, [['the tool cache', path]], toolchainNeeds);
    if (disk !== undefined) throw disk;
    throw new SlipwayError(unavailable, absent(url, messageOf(error)).message, { hint: broken, cause: error });
  }
  return { sha256: hash.digest('hex'), size };
}
