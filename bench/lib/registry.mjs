// A registry of the benchmark's own, over an empty folder: nothing is there from runs before.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { waitUntil } from '../../scripts/lab/process.mjs';

/**
 * Starts the distribution registry on loopback, plain HTTP. `host` is what stands before the names of its repositories.
 * @returns {Promise<{ host: string, program: string, end: () => Promise<void> }>}
 */
export async function startRegistry(program, folder) {
  mkdirSync(folder, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: { addr: host, secret: 'benchmark' },
  };
  const file = join(folder, 'config.yml');
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  const env = { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: 'none' };
  const child = spawn(program, ['serve', file], { stdio: 'ignore', env });
  const ended = new Promise(resolve => child.once('close', resolve));
  const end = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil(`starting ${program} at ${host}`, 20_000, () => answers(host, child));
  } catch (error) {
    await end();
    throw error;
  }
  return { host, program, end };
}

async function answers(host, child) {
  if (child.exitCode !== null) throw new Error(`the registry ended with code ${child.exitCode}`);
  const options = { signal: AbortSignal.timeout(1000) };
  return fetch(`http://${host}/v2/`, options).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}
