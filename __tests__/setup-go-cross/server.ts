import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server on loopback for one test. */
export async function serve(handler: Handler): Promise<{ url: string; asked: string[]; close: () => Promise<void> }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    handler(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Answers from a map of paths; 404 for the rest. */
export function fromMap(answers: Readonly<Record<string, Buffer | string | undefined>>): Handler {
  return (request, response) => {
    const body = answers[request.url!];
    if (body === undefined) response.writeHead(404).end('not found');
    else response.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body);
  };
}
