import { log } from '../../core/log.ts';
import { run } from '../../core/process.ts';
import { clientRole } from '../roles.ts';

/** One call of the runner's cache client. */
export interface Call {
  readonly paths: readonly string[];
  /** The key to save under, or the first to look for. */
  readonly key: string;
  /** Prefixes; given when it is to be restored. */
  readonly restore?: readonly string[];
}

/**
 * Calls the client in a process of its own: it cannot be cancelled, but a process can be ended, its tar included. So
 * nothing unpacks into the caches any more when the deadline is past, and a hung upload does not keep the job.
 *
 * @returns the key that was restored, the id of what was saved, or an empty text
 */
export async function callClient(call: Call, within: number, signal: AbortSignal): Promise<string> {
  let answer = '';
  await run([process.execPath, process.argv[1]!, clientRole], {
    input: JSON.stringify(call),
    timeout: within,
    signal,
    onLine: (line, stream) => {
      if (stream === 'stdout' && line.startsWith(mark)) answer = line.slice(mark.length);
      else if (line !== '') (stream === 'stdout' ? process.stdout : process.stderr).write(`${line}\n`);
    },
  });
  log.debug(`cache client: "${answer}"`);
  return answer;
}

const mark = `${clientRole}=`;

/** The other side: reads the call from stdin. */
export async function serveClient(): Promise<void> {
  const chunks = await Array.fromAsync(process.stdin as AsyncIterable<Buffer>);
  const { paths, key, restore } = JSON.parse(Buffer.concat(chunks).toString()) as Call;
  const { restoreCache, saveCache } = await import('@actions/cache');
  // The list of paths is part of a cache's identity: both sides give the same.
  const done =
    restore === undefined ? await saveCache([...paths], key) : await restoreCache([...paths], key, [...restore]);
  // The client turns a failed save into a warning of its own and answers -1.
  process.stdout.write(`\n${mark}${done === undefined || done === -1 ? '' : done}\n`);
}
