import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Takes the folder when it is told to, and keeps it for a moment; what it takes away takes its time. */
const script = `
import { once } from 'node:events';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
const { rm } = fs;
fs.rm = async (...args) => {
  await wait(Math.random() * 400);
  await rm(...args);
};
syncBuiltinESMExports();
const { takeState } = await import(${JSON.stringify(new URL('../../../src/cli/service/state-folder.ts', import.meta.url).href)});
process.stderr.write('ready');
await once(process.stdin, 'data');
try {
  await using _ = await takeState(process.argv[1]);
  process.stdout.write('has it');
  await wait(1500);
} catch (error) {
  process.stdout.write(error.code);
}
process.exit();
`;

/** So many processes come at the same moment. @returns what each says */
async function together(count: number): Promise<string[]> {
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: ['pipe', 'pipe', 'pipe'] }),
  );
  await Promise.all(children.map(child => once(child.stderr, 'data')));
  for (const child of children) child.stdin.write('go');
  return Promise.all(children.map(child => text(child.stdout)));
}

test('of many that come at the same moment one has the folder at the most, whatever a killed one left', async () => {
  for (const left of ['{"pid":1,"born":"-1"}', '']) {
    await writeFile(join(folder, 'taken.json'), left);
    const said = await together(6);
    expect(said.filter(one => one === 'has it').length).toBeLessThan(2);
    expect(said.filter(one => one !== 'has it' && one !== 'STATE_TAKEN')).toEqual([]);
  }
  expect(await together(1)).toEqual(['has it']);
  expect(await readdir(folder)).toEqual(['.gitignore']);
}, 60_000);
