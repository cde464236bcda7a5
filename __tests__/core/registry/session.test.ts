import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { RegistryClient } from '../../../src/core/registry/client.ts';
import { given } from '../../../src/core/registry/credentials.ts';

/** A registry whose token service gives T1, T2 …, of which the test says which are good. */
let good: string[];
let issued: number;
let held: ServerResponse[];
let holding: boolean;
const server = createServer((incoming, outgoing) => {
  if (incoming.url?.startsWith('/token')) {
    outgoing.end(JSON.stringify({ token: `T${++issued}`, expires_in: 600 }));
    return;
  }
  const token = incoming.headers.authorization?.replace('Bearer ', '') ?? '';
  if (good.includes(token)) {
    outgoing.writeHead(200).end();
    return;
  }
  const realm = `http://${incoming.headers.host}/token`;
  outgoing.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s",scope="repository:a:pull"` });
  if (holding) held.push(outgoing);
  else outgoing.end();
});

beforeEach(async () => {
  [good, issued, held, holding] = [['T1'], 0, [], false];
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

test('a token that another request got, and that has ended too, is asked for anew', async () => {
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  using client = new RegistryClient({ credentials: [given(host, 'me', 'right')], insecure: false });
  const signal = AbortSignal.timeout(10_000);
  const session = client.session({ host });
  const ask = () =>
    session.attempt(
      { method: 'HEAD', url: '/v2/a/manifests/v1', scopes: ['repository:a:pull'], accept: [200] },
      signal,
    );
  await ask();

  [good, holding] = [[], true];
  const slow = ask(); // with T1, whose refusal arrives late
  while (held.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
  [good, holding] = [['T2'], false];
  await ask(); // renewed: T2
  good = ['T3'];
  for (const one of held) one.end();
  expect((await slow).status).toBe(200);
  expect(issued).toBe(3);
});
