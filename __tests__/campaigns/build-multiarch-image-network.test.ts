import { readFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { buildPrograms, freshRepository, runImage, temporary } from '../integration/build-multiarch-image.ts';
import { type Authority, makeAuthority } from '../integration/certificates.ts';
import { describeWith } from '../integration/lab.ts';
import { type OwnRegistry, startRegistry } from '../integration/own-registry.ts';
import { startProxy } from '../integration/registry-proxy.ts';

const timeout = 60_000;

/** A proxy of a company: CONNECT for HTTPS, whole URLs for HTTP; writes down where to. */
async function startForwardProxy(): Promise<{ url: string; asked: string[]; server: Server }> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${new URL(incoming.url ?? '').origin}`);
    const { method, headers } = incoming;
    const upstream = request(incoming.url ?? '', { method, headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(upstream);
  });
  server.on('connect', (incoming, socket, head) => {
    asked.push(`CONNECT ${incoming.url}`);
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const upstream = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
}

await describeWith(['go', 'registry', 'peer:distribution-registry'], 'networks in between', lab => {
  // Loopback would be plain HTTP.
  const address = lab.registry.host.split(':')[0]!;
  let folder: Awaited<ReturnType<typeof temporary>>;
  let release: string;
  let authority: Authority;
  let registry: OwnRegistry;
  beforeAll(async () => {
    folder = await temporary();
    release = (await buildPrograms(folder.path, lab.go, ['linux/amd64'])).file;
    authority = await makeAuthority(folder.path);
    const [from, to] = [-1, 1].map(days => new Date(Date.now() + days * 86_400_000));
    const tls = await authority.sign('registry', address, from!, to!);
    const program = lab['peer:distribution-registry'];
    registry = await startRegistry('distribution-registry', program, folder.path, { tls, address });
  }, 300_000);
  afterAll(async () => {
    await registry[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const push = (host: string, inputs: Record<string, string>, env: NodeJS.ProcessEnv = {}) =>
    runImage(folder.path, { release, images: freshRepository(host), tags: 'v1', ...inputs }, { env });

  describe('a registry with a private authority', () => {
    test(
      'is refused with the way out, and without a long wait',
      async () => {
        const ran = await push(registry.host, {});
        expect(ran.code).toBe(1);
        expect(ran.log).toContain('REGISTRY_TLS');
        expect(ran.log).toContain('registry-ca');
        expect(ran.log).not.toContain('trying again');
      },
      timeout,
    );

    test.each<[string, () => Promise<[Record<string, string>, NodeJS.ProcessEnv]>]>([
      ['registry-ca as a file', async () => [{ 'registry-ca': authority.certificate }, {}]],
      ['registry-ca as text', async () => [{ 'registry-ca': await readFile(authority.certificate, 'utf8') }, {}]],
      ['NODE_EXTRA_CA_CERTS', async () => [{}, { NODE_EXTRA_CA_CERTS: authority.certificate }]],
    ])(
      'is trusted by %s',
      async (_, given) => {
        const ran = await push(registry.host, ...(await given()));
        expect(ran.code === 0 ? '' : ran.log).toBe('');
        expect(ran.log).toContain(': uploaded sha256:');
      },
      timeout,
    );

    test(
      'a file without certificates is an error',
      async () => {
        const ran = await push(registry.host, { 'registry-ca': authority.key });
        expect(ran).toMatchObject({ code: 1, log: expect.stringContaining('it holds no certificate') });
        const none = await push(registry.host, { 'registry-ca': join(folder.path, 'none.pem') });
        expect(none).toMatchObject({ code: 1, log: expect.stringMatching(/registry-ca.*ENOENT/) });
      },
      timeout,
    );
  });

  describe('a proxy of the environment', () => {
    let proxy: Awaited<ReturnType<typeof startForwardProxy>>;
    beforeAll(async () => {
      proxy = await startForwardProxy();
    });
    afterAll(() => {
      proxy.server.closeAllConnections();
      proxy.server.close();
    });

    test(
      'HTTPS_PROXY: HTTPS goes through CONNECT, to the end',
      async () => {
        proxy.asked.length = 0;
        const ran = await push(
          registry.host,
          { 'registry-ca': authority.certificate },
          { HTTPS_PROXY: proxy.url, https_proxy: '' },
        );
        expect(ran.code === 0 ? '' : ran.log).toBe('');
        expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT ${registry.host}`]));
      },
      timeout,
    );

    test(
      'HTTP_PROXY: plain HTTP goes through it',
      async () => {
        proxy.asked.length = 0;
        const { host, url } = lab.registry;
        const ran = await push(host, { insecure: host }, { HTTP_PROXY: proxy.url });
        expect(ran.code === 0 ? '' : ran.log).toBe('');
        expect(proxy.asked).toContain(`PUT ${url}`);
      },
      timeout,
    );

    test(
      'NO_PROXY: the registry is reached without',
      async () => {
        proxy.asked.length = 0;
        const env = { HTTPS_PROXY: proxy.url, NO_PROXY: `example.com,${address}` };
        const ran = await push(registry.host, { 'registry-ca': authority.certificate }, env);
        expect(ran.code === 0 ? '' : ran.log).toBe('');
        expect(proxy.asked).toEqual([]);
      },
      timeout,
    );
  });

  test(
    'with 50 ms of delay a push that changes nothing takes three round trips',
    async () => {
      await using slow = await startProxy(lab.registry.url, { delay: 50 });
      const images = freshRepository(slow.host);
      const inputs = { release, images, tags: 'v1.2.3\nv1.2\nlatest', 'immutable-tags': 'v*.*.*' };
      expect(await runImage(folder.path, inputs)).toMatchObject({ code: 0 });
      const before = slow.roundTrips;
      const ran = await runImage(folder.path, inputs);
      expect(ran.code === 0 ? '' : ran.log).toBe('');
      expect(slow.roundTrips - before).toBeLessThanOrEqual(3);
    },
    timeout,
  );

  test(
    'concurrency says how many blobs go at once',
    async () => {
      const most = async (concurrency: string) => {
        let [now, top] = [0, 0];
        await using slow = await startProxy(lab.registry.url, {
          delay: 100,
          fault: ({ kind }) => {
            if (kind === 'post-upload') top = Math.max(top, ++now);
            if (kind === 'put-upload') now--;
            return undefined;
          },
        });
        expect(await push(slow.host, { concurrency })).toMatchObject({ code: 0 });
        return top;
      };
      expect(await most('1')).toBe(1);
      expect(await most('3')).toBeGreaterThan(1);
    },
    timeout,
  );
});
