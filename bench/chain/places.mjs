// A host for each contender, so that both have the port that the service listens on.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as lab from '../../scripts/lab/host.mjs';

export const targets = ['linux/amd64', 'linux/arm64', 'linux/arm/v7'];

export async function makePlaces(stage, { progress }) {
  const names = { ours: 'host70', bare: 'host71' };
  const end = () => Promise.all(Object.values(names).map(name => lab.down({ name, remove: true })));
  try {
    const [ours, bare] = await Promise.all(Object.values(names).map(name => lab.up({ name, fresh: true, progress })));
    // The checks come from outside of the host.
    const main = join(stage.checkout, 'main.go');
    writeFileSync(main, readFileSync(main, 'utf8').replace('127.0.0.1:8080', ':8080'));
    await stage.git('commit', '-qam', 'listens everywhere');
    return { ours, bare, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Text of the edition that is checked out now, as the service answers. */
export function answerOf(stage) {
  return `edition ${/edition = "(.*)"/.exec(readFileSync(join(stage.checkout, 'main.go'), 'utf8'))[1]}`;
}

/** Throws unless the host serves what is checked out: every contender must have done the same. */
export async function mustServe(stage, { address }) {
  const seen = await (await fetch(`http://${address}:8080/`)).text();
  if (seen !== answerOf(stage)) throw new Error(`${address} serves "${seen}", not "${answerOf(stage)}"`);
}
