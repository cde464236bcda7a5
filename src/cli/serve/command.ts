import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { readConfigFile } from '../../core/config-file.ts';
import { describe } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Call } from '../call.ts';
import { environmentOf } from '../environment.ts';
import { exitCodes } from '../exit-codes.ts';
import { startSlipway } from '../service/start-slipway.ts';
import { stateFolder, takeState } from '../service/state-folder.ts';
import { processWith } from '../service/who-lives.ts';
import { listen, renew } from './listener.ts';
import { Queue } from './queue.ts';
import { receiver } from './receive.ts';
import { readSettings } from './settings.ts';
import { Source } from './source.ts';
import { status } from './status.ts';
import { nameOf } from './wanted.ts';
import { Worker } from './worker.ts';

/** `slipway serve`: releases what is pushed, until it is ended. @returns the exit code */
export async function serve(call: Call): Promise<number> {
  const { given, directory, env, signal } = call;
  const state = stateFolder(call, 'serve');
  if (given.has('status')) return status(join(state, 'queue'), call);
  const environment = given.text('environment');
  const file = await readConfigFile(resolve(directory, given.text('config') ?? 'slipway.yml'), environment);
  const settings = await readSettings(file, directory, env);
  await using _ = await takeState(state);
  const queue = await Queue.open(join(state, 'queue'));
  // no release sees the secret: with it, whoever may push could make others release
  const { [settings.secretVariable ?? '']: __, STATE_DIRECTORY: ___, ...rest } = environmentOf(env);
  const source = new Source(join(state, 'source'), settings.repository, rest);
  const args = ['release', '--yes', '--config', file.file, '--directory', source.folder];
  const releaseArgs = [...args, ...(environment === undefined ? [] : ['--environment', environment])];
  const worker = new Worker(
    {
      queue,
      source,
      wanted: settings,
      timeout: settings.timeout,
      release: async ({ tag }, options) => {
        const versioned = tag === undefined ? releaseArgs : [...releaseArgs, `--version=${tag}`];
        return startSlipway(versioned, { env: rest, ...options });
      },
      runs: () => processWith(releaseArgs),
    },
    signal,
  );
  const server = await listen(
    given.text('listen') ?? ':8443',
    settings,
    receiver(settings, queue, job => {
      log.info(`${job.id}: accepted: ${nameOf(job)} ${job.commit}`);
      worker.wake();
    }),
  );
  const onRenewal = () => {
    renew(server, settings).then(
      () => log.info('the certificate was read again'),
      error => log.warning(`the certificate stays as it is: ${describe(error)}`),
    );
  };
  process.on('SIGHUP', onRenewal);
  try {
    const { branches, tags } = settings;
    const wanted = tags === undefined ? branches.join(', ') : `${tags.join(', ')} on ${branches.join(', ')}`;
    log.info(`listening on ${shown(server.address())} for ${wanted}`);
    await worker.run();
    return exitCodes.done;
  } finally {
    process.off('SIGHUP', onRenewal);
    server.close();
    server.closeAllConnections();
    if (server.listening) await once(server, 'close');
  }
}

function shown(address: ReturnType<import('node:net').Server['address']>): string {
  if (address === null || typeof address === 'string') return String(address);
  return `${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}
