import { randomBytes } from 'node:crypto';
import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { Answer } from '../../core/host-agent/answer.ts';
import { log } from '../../core/log.ts';
import { formatDuration } from '../../core/units.ts';
import type { HostSession } from '../host-session.ts';
import type { Settings } from '../settings.ts';
import { whileItAnswers } from './answers.ts';

/** What hosts have of the share: node → its machine, and the releases that stay for it. */
export type Pins = ReadonlyMap<string, { readonly machine: string; readonly releases: readonly string[] }>;

export interface AskWriter {
  readonly data?: Uint8Array | AsyncIterable<Uint8Array>;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** A conversation with the share, as the user who connects, on one host. */
export interface Writer {
  readonly ask: (verb: string, args: readonly string[], options?: AskWriter) => Promise<Answer>;
  /** Names of files in the store of the share. */
  readonly blobs: readonly string[];
  /** Bytes that came before an upload was cut, by such names. */
  readonly uploaded: ReadonlyMap<string, number>;
  readonly releases: readonly string[];
  readonly pins: Pins;
  /** Bytes that are free there. */
  readonly space: number;
}

/** @throws SHARE_READ_ONLY, SHARE_SQUASHED */
export async function openWriter(
  session: HostSession,
  { nfsRoot, service }: Settings,
  probe: string,
  signal: AbortSignal,
): Promise<Writer> {
  const agent = await session.agentOfUser(signal);
  const ask: Writer['ask'] = (verb, args, { timeout = 240_000, ...data } = {}) =>
    agent.ask(verb, args, { signal, timeout, ...data });
  const answer = await ask('share_open', [nfsRoot!, service, probe]);
  const words = (name: string) => answer.text(name).split(/\s+/).filter(Boolean);
  const parts = answer.lines('parts');
  return {
    ask,
    blobs: words('blobs'),
    uploaded: new Map(parts.map(line => [line.split(' ')[0]!, Number(line.split(' ')[1])])),
    releases: words('releases'),
    pins: new Map(answer.all('node').map(readPin)),
    space: Number(answer.text('space')) * 1024,
  };
}

/** NODE machine=ID RELEASE... */
export function readPin(text: string): [string, { machine: string; releases: string[] }] {
  const [name = '', machine = '', ...releases] = text.split(' ').filter(Boolean);
  return [name, { machine: machine.replace('machine=', ''), releases }];
}

/**
 * Does something under the lease of the share, for which it waits `lock-wait`.
 *
 * @throws LEASED, and what the task throws
 */
export async function writing<T>(
  session: HostSession,
  settings: Settings,
  signal: AbortSignal,
  task: (writer: Writer) => Promise<T>,
): Promise<T> {
  const fence = randomBytes(6).toString('hex');
  using answering = whileItAnswers(session, settings, signal);
  const writer = await openWriter(session, settings, fence, answering);
  try {
    await lease(writer, session, fence, settings, answering);
    return await task(writer);
  } finally {
    // where the conversation was lost, the host ends it by itself
    await writer.ask('share_end', []).catch(() => undefined);
  }
}

async function lease(
  writer: Writer,
  session: HostSession,
  fence: string,
  { by, lockWait }: Settings,
  signal: AbortSignal,
): Promise<void> {
  const until = Date.now() + lockWait;
  let said = 0;
  for (;;) {
    try {
      const answer = await writer.ask('share_lease', [fence, `${by}, since ${new Date().toISOString()}`]);
      const ended = answer.text('ended');
      if (ended !== '')
        log.warning(`${session.place}: a lease on the share was not renewed any more and is ended: ${ended}`);
      return;
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'LEASED' || Date.now() >= until) throw error;
      if (Date.now() - said > 10_000) {
        said = Date.now();
        log.info(`${error.message}; waiting up to ${formatDuration(until - Date.now())} more`);
      }
      await sleep(Math.min(1000, Math.max(50, until - Date.now())), signal);
    }
  }
}
