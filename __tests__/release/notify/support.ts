import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { News } from '../../../src/release/notify/news.ts';

export interface Heard {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Something that listens over HTTP, and answers with the given statuses in turn, the last one for ever. */
export async function listener(...answers: { status: number; headers?: Record<string, string> }[]) {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, headers = {} } = answers[Math.min(heard.length, answers.length - 1)]!;
    heard.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.writeHead(status, headers).end('text of the answer');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    heard,
    url: new URL(`http://127.0.0.1:${port}/hook`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

export const news: News = {
  schema: 'slipway.news/v1',
  event: 'rolled-back',
  mode: 'release',
  service: 'hello',
  version: 'v1.2.3',
  commit: 'a'.repeat(40),
  environment: 'production',
  url: 'https://hello.example.com',
  run: 'https://github.com/acme/hello/actions/runs/7',
  by: 'octocat, acme/hello run 7 attempt 1',
  places: [
    {
      kind: 'ssh-systemd',
      place: 'deploy@web1:22',
      service: 'hello',
      state: 'rolled-back',
      release: 'v1.2.3-0a1b',
      previous: 'v1.2.2-9f8e',
      why: 'http://127.0.0.1:8080/ answered 500 <b>*now*</b> & [here](http://evil.example) @channel @everyone',
    },
  ],
  reasons: ['the chain stopped at deploy-ssh-systemd'],
  started: '2026-01-02T03:01:05.000Z',
  at: '2026-01-02T03:04:05.000Z',
};
