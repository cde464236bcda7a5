// A proxy in front of a registry that notes what is uploaded, and with `token` lets only those in who have fetched it.
import { createServer, request } from 'node:http';

/**
 * `host` is where it listens; `uploaded()` gives what was uploaded since it was asked the last time: { bytes, digests }.
 */
export async function startFront(registry, { token } = {}) {
  let noted = { bytes: 0, digests: [] };
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    const url = new URL(incoming.url, `http://${registry}`);
    if (url.pathname === '/token') return outgoing.end(JSON.stringify({ token, expires_in: 300 }));
    if (token !== undefined && headers.authorization !== `Bearer ${token}`) {
      const challenge = `Bearer realm="http://${headers.host}/token",service="benchmark"`;
      return outgoing.writeHead(401, { 'www-authenticate': challenge }).end();
    }
    const uploads = url.pathname.includes('/blobs/uploads/');
    const forwarded = request(url, { method, headers }, answer => {
      if (uploads && answer.statusCode === 201 && !url.searchParams.has('mount'))
        noted.digests.push(url.searchParams.get('digest'));
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    if (uploads) incoming.on('data', chunk => (noted.bytes += chunk.length));
    incoming.pipe(forwarded);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${server.address().port}`,
    uploaded() {
      const before = noted;
      noted = { bytes: 0, digests: [] };
      return before;
    },
    async end() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
