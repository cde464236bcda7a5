import { spawn } from 'node:child_process';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../../src/core/process.ts';
import type { Pair } from './certificates.ts';

export interface BuildKit extends AsyncDisposable {
  /** Endpoints as the input `builder` takes them. */
  readonly unix: string;
  readonly tcp: string;
}

/** A TCP port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

/**
 * A real buildkitd with runc, on a socket (without TLS) and a port of its own; its state is gone when it is disposed of.
 *
 * @param options `registry`: the host of one that it may reach by plain HTTP
 */
export async function startBuildKit(
  program: string,
  { tls, registry }: { readonly tls?: { ca: Pair; server: Pair }; readonly registry?: string } = {},
): Promise<BuildKit> {
  const folder = await mkdtemp('/tmp/slipway-bk-'); // short: paths of sockets have at most 107 bytes
  const [socket, port] = [join(folder, 's'), await freePort()];
  const config = [
    `root = "${join(folder, 'root')}"`,
    'insecure-entitlements = ["network.host"]',
    ...(registry === undefined ? [] : [`registry."${registry}" = { http = true, insecure = true }`]),
    '[grpc]',
    `address = ["unix://${socket}", "tcp://127.0.0.1:${port}"]`,
    ...(tls === undefined
      ? []
      : [
          '[grpc.tls]',
          `cert = "${tls.server.certificate}"`,
          `key = "${tls.server.key}"`,
          `ca = "${tls.ca.certificate}"`,
        ]),
    '[worker.oci]',
    'enabled = true',
    '[worker.containerd]',
    'enabled = false',
  ];
  await mkdir(join(folder, 'root'));
  await writeFile(join(folder, 'buildkitd.toml'), config.join('\n'));
  const log = join(folder, 'log');
  const child = spawn('sh', ['-c', 'exec "$0" --config "$1" >"$2" 2>&1', program, join(folder, 'buildkitd.toml'), log]);
  const closed = new Promise<void>(resolve => child.once('close', () => resolve()));
  const dispose = async () => {
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await closed;
    clearTimeout(hard);
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; ; tries++) {
    const up = await access(socket).then(
      () => readFile(log, 'utf8').then(text => text.includes('running server on 127.0.0.1')),
      () => false,
    );
    if (up) break;
    if (tries > 300 || child.exitCode !== null) {
      const said = await readFile(log, 'utf8').catch(() => '');
      await dispose();
      throw new Error(`buildkitd did not start: ${said}`);
    }
    await sleep(100);
  }
  return { unix: `unix://${socket}`, tcp: `tcp://localhost:${port}`, [Symbol.asyncDispose]: dispose };
}

/** Builds one Go program, static and without debug information. */
export async function buildProgram(go: string, folder: string, source: string, out: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'go.mod'), 'module example.com/program\n\ngo 1.24\n');
  await writeFile(join(folder, 'main.go'), source);
  const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '' };
  const argv = ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', out, '.'] as const;
  await run([go, ...argv], { cwd: folder, env, timeout: 300_000 });
}
