import type { Duplex } from 'node:stream';
import { type Answer, commonHeaders, exchangeFailure, type Request, readBody } from './http.ts';
import { headOf, sessionOver } from './http2.ts';
import { raced } from './raced.ts';
import type { Trace } from './trace.ts';

/** One request and its answer over HTTP/2. */
export async function converse(stream: Duplex, sent: Request, signal: AbortSignal, trace: Trace): Promise<Answer> {
  trace.enter('firstByte');
  const session = sessionOver(stream);
  try {
    const { host = sent.url.host, connection: _, ...headers } = commonHeaders(sent);
    const outgoing = session.request(
      {
        ...headers,
        ':method': sent.method,
        ':scheme': sent.url.protocol.slice(0, -1),
        ':authority': host,
        ':path': `${sent.url.pathname}${sent.url.search}`,
      },
      { endStream: sent.body === undefined },
    );
    if (sent.body !== undefined) outgoing.end(sent.body);
    const answer = await headOf(outgoing, session, signal);
    trace.leave('firstByte');
    const status = Number(answer[':status']);
    trace.status = status;
    trace.enter('body');
    const read = await raced(readBody(outgoing, trace), signal).catch(error => {
      throw signal.aborted ? error : exchangeFailure(error, 'in the middle of its body');
    });
    return { status, headers: answer, ...read };
  } finally {
    session.destroy();
  }
}
