import { run } from '../../src/core/process.ts';

/** Runs git in the checkout. @returns what it printed, without the line end unless `raw` */
export async function git(directory, args, { signal, input, env = {}, raw = false } = {}) {
  const { stdout } = await run(['git', '-C', directory, ...args], {
    timeout: 120_000,
    env: { ...process.env, LC_ALL: 'C', ...env },
    ...(signal === undefined ? {} : { signal }),
    ...(input === undefined ? {} : { input }),
  });
  return raw ? stdout : stdout.trimEnd();
}
