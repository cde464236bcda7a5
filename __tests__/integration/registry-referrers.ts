import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { need } from './lab.ts';

/** Starts go-containerregistry's registry with the referrers API on; it keeps everything in memory. */
export async function registryWithReferrers(): Promise<{ host: string; url: string } & AsyncDisposable> {
  const program = await need('peer:referrers-registry');
  const host = `127.0.0.1:${await freePort()}`;
  const url = `http://${host}`;
  const child = spawn(program, [host], { stdio: 'ignore' });
  const answers = () =>
    fetch(`${url}/v2/`, { signal: AbortSignal.timeout(1_000) }).then(
      one => one.ok,
      () => false,
    );
  for (let attempt = 0; !(await answers()); attempt++) {
    if (attempt > 100 || child.exitCode !== null) throw new Error(`${program} does not answer`);
    await pause(100);
  }
  return {
    host,
    url,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}
