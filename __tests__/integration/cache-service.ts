import { serve } from '../setup-go-cross/server.ts';

// The runner's cache service, first protocol, kept in memory; the client is the real @actions/cache.
export interface Stored {
  readonly key: string;
  readonly version: string;
  data: Buffer;
  done: boolean;
}

export async function cacheService() {
  const stored: Stored[] = [];
  const faults = { stalls: false, stallsUpload: false };
  const base = '/_apis/artifactcache';
  const server = await serve((request, response) => {
    const url = new URL(request.url!, 'http://x');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const json = (status: number, data?: unknown) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(data === undefined ? '' : JSON.stringify(data));
      const entry = stored[Number(url.pathname.split('/').at(-1)) - 1]; // the client takes the id 0 for none
      if (url.pathname === `${base}/cache`) {
        const keys = url.searchParams.get('keys')!.split(',');
        const fits = stored.filter(one => one.done && one.version === url.searchParams.get('version'));
        const found = keys.flatMap(key => fits.filter(one => one.key.startsWith(key)).reverse())[0];
        if (found === undefined) return json(204);
        json(200, { cacheKey: found.key, archiveLocation: `${server.url}/blob/${stored.indexOf(found) + 1}` });
      } else if (url.pathname === `${base}/caches`) {
        json(201, { cacheId: stored.push({ ...JSON.parse(body.toString()), data: Buffer.alloc(0), done: false }) });
      } else if (url.pathname.startsWith('/blob/')) {
        response.writeHead(200, { 'content-length': entry!.data.length });
        // Most of it, and then no more: the client's own patience is an hour.
        if (faults.stalls) response.write(entry!.data.subarray(0, -100_000));
        else response.end(entry!.data);
      } else if (request.method === 'PATCH') {
        if (faults.stallsUpload) return; // no answer, ever
        const at = Number(/bytes (\d+)-/.exec(request.headers['content-range']!)![1]);
        const data = Buffer.alloc(Math.max(entry!.data.length, at + body.length));
        entry!.data.copy(data);
        body.copy(data, at);
        entry!.data = data;
        json(204);
      } else {
        entry!.done = true;
        json(204);
      }
    });
  });
  return { ...server, faults, stored, keys: () => stored.filter(one => one.done).map(one => one.key) };
}
