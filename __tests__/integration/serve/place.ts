import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from './server.ts';

/** A folder with slipway.yml and a repository beside it. A release is the shortest that is one: what serves is verified. */
export async function servedPlace() {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-serve-'));
  const origin = await repository(folder);
  let held: Promise<unknown> = Promise.resolve();
  const looked = createServer((_, response) => void held.then(() => response.end('ok')));
  await once(looked.listen(0, '127.0.0.1'), 'listening');
  const { port } = looked.address() as AddressInfo;

  /** Writes a slipway.yml; `more` is of its section serve. */
  const configure = (name: string, more = '', branches = '[main, next]') =>
    writeFile(
      join(folder, name),
      `serve:\n  repository: ${origin.bare}\n  branches: ${branches}\n  secret: { env: SERVE_SECRET }\n${more}` +
        `verify: { checks: 'http://127.0.0.1:${port}/ 200 within 60s', attempt-timeout: 60s, successes: 1, identity: none }\n`,
    );
  await configure('slipway.yml');
  return {
    folder,
    origin,
    configure,
    /** Holds releases up. @returns what lets them go on */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    async remove(): Promise<void> {
      looked.closeAllConnections();
      looked.close();
      await rm(folder, { recursive: true });
    },
  };
}
