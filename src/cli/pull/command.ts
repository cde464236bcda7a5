import { sleep } from '../../core/deadline.ts';
import { log } from '../../core/log.ts';
import { parseDuration } from '../../core/units.ts';
import type { Call } from '../call.ts';
import { exitCodes } from '../exit-codes.ts';
import { misuse } from '../options.ts';
import { startSlipway } from '../service/start-slipway.ts';
import { pauseOf } from './pause.ts';

/** Milliseconds that an interrupted look has; it gives its deployment 15 s. */
const patience = 20_000;

/**
 * `slipway pull`: deploys what is verified elsewhere, until it is ended. Each look is a process of its own: what stays is
 * small, and nothing that a look loads stays with it.
 *
 * @returns the exit code
 */
export async function pull(call: Call): Promise<number> {
  const { given, signal, env } = call;
  if (given.has('once')) return (await import('./look.ts')).look(call);
  const interval = intervalOf(given.text('interval') ?? '60s');
  const args = ['pull', '--once', '--directory', call.directory, ...passedOn(call)];
  const look = () => startSlipway(args, { env, signal, patience });
  const first = await look();
  if (first === exitCodes.refused) return first; // what is wrong in slipway.yml from the beginning is nothing to wait for
  log.info(`looking every ${given.text('interval') ?? '60s'}`);
  for (let [code, failures] = [first, 0]; !signal.aborted; code = await look()) {
    failures = code === exitCodes.done ? 0 : failures + 1;
    await sleep(pauseOf(interval, failures, Math.random()), signal).catch(() => undefined);
    if (signal.aborted) break;
  }
  return exitCodes.done;
}

function passedOn({ given }: Call): string[] {
  const names = ['config', 'environment', 'from', 'records', 'state'] as const;
  return names.flatMap(name => {
    const value = given.text(name);
    return value === undefined ? [] : [`--${name}=${value}`];
  });
}

function intervalOf(text: string): number {
  const ms = parseDuration(text);
  if (ms >= 1000 && ms <= 86_400_000) return ms;
  throw misuse(`--interval is ${text}`, 'Give a time from 1s to 1d.');
}
