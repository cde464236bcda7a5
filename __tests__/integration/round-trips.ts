import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface SlowProxy extends AsyncDisposable {
  readonly host: string;
  /** How many requests had to wait for the one before: those at the same time count once. Begins anew with each call. */
  roundTrips(): number;
}

/** A proxy that holds requests back (milliseconds), as a registry far away does. With `token`, it wants one, and has a token service. */
export async function startSlowProxy(
  upstream: string,
  options: { readonly delay: number | ((asked: IncomingMessage) => number); readonly token?: string },
): Promise<SlowProxy> {
  let spans: { start: number; end: number }[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const span = { start: performance.now(), end: Number.POSITIVE_INFINITY };
    spans.push(span);
    outgoing.on('finish', () => {
      span.end = performance.now();
    });
    await pause(typeof options.delay === 'number' ? options.delay : options.delay(incoming));
    const url = incoming.url ?? '/';
    const { host, authorization } = incoming.headers;
    if (url.startsWith('/token?')) return outgoing.end(JSON.stringify({ token: options.token, expires_in: 300 }));
    if (options.token !== undefined && authorization !== `Bearer ${options.token}`) {
      const challenge = `Bearer realm="http://${host}/token",service="slow"`;
      return outgoing.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    const forwarded = request(
      new URL(url, upstream),
      { method: incoming.method, headers: incoming.headers },
      answer => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    roundTrips: () => {
      const seen = spans.toSorted((a, b) => a.end - b.end);
      spans = [];
      let [count, last] = [0, 0];
      for (const { start, end } of seen) {
        if (start < last) continue;
        count++;
        last = end;
      }
      return count;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
