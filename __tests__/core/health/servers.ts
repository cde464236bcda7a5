import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';

/** A server of a test; `await using` ends it with all its connections. */
export interface TestServer extends AsyncDisposable {
  readonly server: Server;
  readonly port: number;
  readonly url: string;
}

/** A server that does with each connection what the test says. */
export async function tcpServer(onSocket: (socket: Socket) => void, host = '127.0.0.1', port = 0): Promise<TestServer> {
  return listening(createServer(onSocket), host, port);
}

export async function httpServer(answer: RequestListener, host = '127.0.0.1', port = 0): Promise<TestServer> {
  return listening(createHttpServer(answer), host, port);
}

/** HTTP/2 without TLS, by prior knowledge. */
export async function http2Server(
  answer: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Promise<TestServer> {
  return listening(createHttp2Server(answer) as unknown as Server, '127.0.0.1', 0);
}

async function listening(server: Server, host: string, port: number): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as { port: number }).port;
  return {
    server,
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>(resolve => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A port on which nobody listens: one that was just free. */
export async function freePort(): Promise<number> {
  await using server = await tcpServer(() => undefined);
  return server.port;
}
