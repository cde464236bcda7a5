import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pair } from './certificates.ts';

/** Debian's 2.8, the CNCF's version 3, and go-containerregistry's with the referrers API. */
export type RegistryKind = 'docker-registry' | 'distribution-registry' | 'referrers-registry';

export interface OwnRegistry extends AsyncDisposable {
  readonly host: string;
  readonly url: string;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, at the same address and over the same storage. */
  restart(): Promise<void>;
}

/**
 * Starts a registry of a test's own, so that the test may kill it.
 *
 * @param folder for its configuration and storage
 * @param options `tls`: it then speaks HTTPS
 */
export async function startRegistry(
  kind: RegistryKind,
  program: string,
  folder: string,
  { tls, address = '127.0.0.1' }: { tls?: Pair; address?: string } = {},
): Promise<OwnRegistry> {
  const port = await freePort();
  const host = `${address}:${port}`;
  const argv = kind === 'referrers-registry' ? [host] : ['serve', await configure(join(folder, kind), host, tls)];
  let child: ChildProcess;
  async function start(): Promise<void> {
    child = spawn(program, argv, { stdio: 'ignore', env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' } });
    for (let tries = 0; !(await listens(address, port)); tries++) {
      if (tries === 200 || child.exitCode !== null) throw new Error(`${program} does not start`);
      await sleep(50);
    }
  }
  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise(resolve => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
  await start();
  const url = `${tls === undefined ? 'http' : 'https'}://${host}`;
  return { host, url, kill, restart: start, [Symbol.asyncDispose]: kill };
}

async function configure(folder: string, address: string, tls: Pair | undefined): Promise<string> {
  await mkdir(folder, { recursive: true });
  // JSON is YAML. With its own secret it knows its uploads again after a restart.
  const config = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
    http: {
      addr: address,
      secret: 'a test',
      ...(tls === undefined ? {} : { tls: { certificate: tls.certificate, key: tls.key } }),
    },
  };
  const file = join(folder, 'config.yml');
  await writeFile(file, JSON.stringify(config));
  return file;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

async function listens(address: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, address, () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
