// A runner's cache service, first protocol (ACTIONS_CACHE_URL), that keeps its archives in a folder.
import { createReadStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

const base = '/_apis/artifactcache';

/**
 * Starts it on loopback. `env` is what a step needs to use it; `entries()` lists what was saved, oldest first, as
 * { key, bytes }; `keep(n)` forgets all but the first n.
 */
export async function startCacheService(folder) {
  mkdirSync(folder, { recursive: true });
  let stored = [];
  let next = 1; // the client takes the id 0 for none
  const byId = id => stored.find(one => one.id === Number(id));
  const answer = async (request, response) => {
    const url = new URL(request.url, 'http://x');
    const json = (status, data) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(data && JSON.stringify(data));
    const id = url.pathname.split('/').at(-1);
    if (url.pathname === `${base}/cache`) {
      const found = lookUp(stored, url.searchParams.get('keys').split(','), url.searchParams.get('version'));
      if (!found) return json(204);
      const { address, port } = server.address();
      return json(200, { cacheKey: found.key, archiveLocation: `http://${address}:${port}/blob/${found.id}` });
    }
    if (url.pathname === `${base}/caches`) {
      const { key, version } = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
      if (stored.some(one => one.key === key && one.version === version)) return json(409, { message: 'exists' });
      const entry = { id: next++, key, version, done: false };
      stored.push({ ...entry, file: join(folder, `${entry.id}.archive`) });
      return json(201, { cacheId: entry.id });
    }
    if (url.pathname.startsWith('/blob/')) {
      const { file } = byId(id);
      response.writeHead(200, { 'content-length': statSync(file).size });
      return createReadStream(file).pipe(response);
    }
    if (request.method === 'PATCH') await writeAt(byId(id).file, request);
    else byId(id).done = true;
    return json(204);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(error => response.writeHead(500).end(error.message));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const done = () => stored.filter(one => one.done);
  return {
    env: { ACTIONS_CACHE_URL: `http://127.0.0.1:${server.address().port}/`, ACTIONS_RUNTIME_TOKEN: 'token' },
    entries: () => done().map(({ key, file }) => ({ key, bytes: statSync(file).size })),
    keep(count) {
      const kept = done().slice(0, count);
      for (const { file } of stored.filter(one => !kept.includes(one))) rmSync(file, { force: true });
      stored = kept;
    },
    async end() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The first key that fits decides, as a prefix; of several archives the newest. */
function lookUp(stored, keys, version) {
  const fits = stored.filter(one => one.done && one.version === version).reverse();
  return keys.flatMap(key => fits.filter(one => one.key.startsWith(key)))[0];
}

/** A part of an archive: several come at once, each says where it belongs. */
async function writeAt(file, request) {
  let position = Number(/bytes (\d+)-/.exec(request.headers['content-range'])[1]);
  await using handle = await open(file, 'a+').then(made => made.close().then(() => open(file, 'r+')));
  for await (const chunk of request) {
    await handle.write(chunk, 0, chunk.length, position);
    position += chunk.length;
  }
}
