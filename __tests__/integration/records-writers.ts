import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Records } from '../../src/core/records/records.ts';
import { bigRelease, sampleEntry } from '../core/records/samples.ts';
import { campaign } from './extent.ts';

/** At the same moment. */
export const writers = campaign ? 20 : 6;
const ids = Array.from({ length: writers }, (_, index) => `2026-${String(index).padStart(3, '0')}`);
const program = join(import.meta.dirname, 'records-writer.ts');

/** What a writer that is killed leaves in its temporary folder goes with the folder of the test. */
function start(args: readonly [spec: string, directory: string, ...more: string[]]) {
  const env = { ...process.env, TMPDIR: args[1] };
  const child = spawn(process.execPath, ['--no-warnings', program, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, ended, output: () => output };
}

/** Appends an entry from each of many processes at once, in the folders given in turn; none may be lost. */
export async function raceOfProcesses(records: Records, spec: string, folders: readonly string[]): Promise<void> {
  const ended = await Promise.all(
    ids.map((id, index) => start([spec, folders[index % folders.length]!, 'entry', id]).ended),
  );
  expect(ended.filter(one => one.code !== 0)).toEqual([]);
  expect((await records.entries()).map(one => one.id)).toEqual([...ids].reverse());
}

/** The same from as many clients of this process, where only the server between them counts. */
export async function raceOfClients(records: Records, open: (index: number) => Promise<Records>): Promise<void> {
  const clients = await Promise.all(ids.map((_, index) => open(index)));
  await Promise.all(ids.map((id, index) => clients[index]!.append(sampleEntry({ id }))));
  expect((await records.entries()).map(one => one.id)).toEqual([...ids].reverse());
}

/**
 * Kills writers of a release at moments spread over the time that a whole one takes: what is seen afterwards is the whole
 * release or none, and the next writer gets it done.
 */
export async function killsInTheMiddle(
  records: Records,
  spec: string,
  directory: string,
  { megabytes = 8, files = true } = {},
): Promise<void> {
  const args = (version: string, size = megabytes) =>
    [spec, directory, 'release', version, join(directory, version), String(size)] as const;
  const whole = start(args('v1.0.0'));
  await until(whole, 'begin');
  const begun = performance.now();
  expect(await whole.ended).toMatchObject({ code: 0 });
  const took = performance.now() - begun;
  let none = 0;
  const kill = async (version: string, part: number, size = megabytes) => {
    const writer = start(args(version, size));
    await until(writer, 'begin');
    await pause(took * part);
    writer.child.kill('SIGKILL');
    await writer.ended;
    const listed = async () => (await records.releases()).some(one => one.version === version);
    const kept = await listed();
    if (!kept) none++;
    const got = async () => records.get(version, join(directory, 'got')).catch(error => error);
    if (files) expect(await got()).toMatchObject(kept ? { record: { version } } : { code: 'VERSION_MISSING' });
    await records.put(await bigRelease(join(directory, version), version, size));
    if (files) expect(await got()).toMatchObject({ record: { version } });
    expect(await listed()).toBe(true);
  };
  for (const part of campaign ? [0, 0.3, 0.6, 0.9] : [0, 0.6]) await kill(`v1.1.${part * 100}`, part);
  // On a busy machine a small one may always be through before it is killed: then a larger one, which is not.
  for (let size = megabytes; none === 0 && size <= 256; size = size * 4 + 1) await kill(`v1.2.${size}`, 0, size);
  expect(none).toBeGreaterThan(0);
}

async function until({ ended, output }: ReturnType<typeof start>, text: string): Promise<void> {
  const over = ended.then(({ output }) => {
    if (!output.includes(text)) throw new Error(output);
  });
  while (!output().includes(text)) await Promise.race([pause(5), over]);
}
