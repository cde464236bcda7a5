import type { Duplex } from 'node:stream';
import type { TcpCheck } from '../check.ts';
import { headOfText } from '../http.ts';
import { matches } from '../matches.ts';
import { ProbeFailure } from '../observation.ts';
import { secure } from '../tls.ts';
import type { Trace } from '../trace.ts';

/** What is kept of what a server says while a pattern is waited for. */
const limit = 64 * 1024;

/**
 * Says and hears in turns; resolves with the part that matched last. A pattern is looked for in everything said since the
 * line that the pattern before matched in, also where no line is ended.
 */
export async function talk(
  opened: Duplex,
  check: TcpCheck,
  signal: AbortSignal,
  trace: Trace,
): Promise<string | undefined> {
  let stream = opened;
  let heard: Buffer = Buffer.alloc(0);
  let matched: string | undefined;
  let groups: readonly string[] = [];
  trace.enter('firstByte');
  try {
    for (const { expect, send, starttls } of check.dialogue!) {
      if (starttls) {
        stream = await secure(stream, check.host, { insecure: false, ...check, signal }, trace);
        trace.enter('firstByte');
        heard = Buffer.alloc(0);
      }
      if (expect !== undefined) {
        heard = await hear(stream, heard, expect, signal, text => {
          trace.bodyHead = headOfText([Buffer.from(text)]);
        });
        const text = heard.toString('utf8');
        const found = expect.exec(text)!;
        groups = found;
        matched = found[0].trim().slice(0, 200);
        heard = Buffer.from(text.slice(found.index + found[0].length).replace(/^[^\n]*\n?/, ''));
      }
      if (send !== undefined) stream.write(send.replace(/\$\{(\d)\}/g, (_, group) => groups[group] ?? ''));
    }
    trace.leave('firstByte');
    return matched;
  } finally {
    stream.destroy();
    opened.destroy();
  }
}

function hear(
  stream: Duplex,
  before: Buffer,
  expect: RegExp,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let heard = before;
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', stop);
      stream.off('data', read).off('error', lost).off('close', ended).off('end', ended);
      stream.pause();
      then();
    };
    const fail = (detail: string, reason: 'answer' | 'reset' = 'answer') =>
      settle(() => reject(new ProbeFailure(reason, detail)));
    const stop = () => settle(() => reject(signal.reason));
    const lost = () => fail(`the server reset the connection before it said ${expect}`, 'reset');
    const ended = () => {
      if (heard.length === 0) return fail(`the server closed the connection before it said ${expect}`, 'reset');
      fail(`the server said ${shown(heard)}, which does not match ${expect}, and closed`);
    };
    const look = () => {
      onText(heard.toString('utf8'));
      try {
        if (matches(expect, heard.toString('utf8'))) return settle(() => resolve(heard));
      } catch (error) {
        return settle(() => reject(error));
      }
      if (heard.length > limit) fail(`the server said ${limit / 1024} KiB that do not match ${expect}`);
    };
    const read = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      look();
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    stream.on('data', read).on('error', lost).on('close', ended).on('end', ended);
    stream.resume();
    if (heard.length > 0) look();
  });
}

function shown(heard: Buffer): string {
  return JSON.stringify(headOfText([Buffer.from(heard.toString('utf8').trim().slice(0, 120))]));
}
