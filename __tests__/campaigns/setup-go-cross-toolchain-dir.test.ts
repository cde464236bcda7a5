import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { fromMap, serve } from '../setup-go-cross/server.ts';
import { goroot, zip } from '../setup-go-cross/toolchain/archives.ts';

// Each builder is a process; the official index is a local one with a small toolchain.
const source = join(import.meta.dirname, '../../src/setup-go-cross');
const version = '1.99.1';
let root: string;
let tools: string;
let server: Awaited<ReturnType<typeof serve>>;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'slipway-dir-'));
  chmodSync(root, 0o755);
  tools = join(root, 'tools');
  const archive = zip('go/', goroot(version));
  const filename = `go${version}.linux-amd64.zip`;
  const file = { filename, os: 'linux', arch: 'amd64', kind: 'archive', sha256: sha256(archive), size: archive.length };
  const answer = fromMap({
    '/?mode=json&include=all': JSON.stringify([{ version: `go${version}`, files: [file] }]),
    [`/${filename}`]: archive,
  });
  // Slow enough for all builders to be there before the first is done.
  server = await serve((request, response) => setTimeout(() => answer(request, response), 1500));
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true, force: true });
});

async function builder(as: readonly string[] = []) {
  const script = `
    const { inSharedFolder } = await import(${JSON.stringify(join(source, 'toolchain/shared.ts'))});
    const { install, toolCache } = await import(${JSON.stringify(join(source, 'toolchain/install.ts'))});
    const { officialIndex } = await import(${JSON.stringify(join(source, 'toolchain/official-index.ts'))});
    const { parseWanted } = await import(${JSON.stringify(join(source, 'go-version/wanted.ts'))});
    const wanted = parseWanted('${version}', 'test');
    const sources = [toolCache, officialIndex('${server.url}', { os: 'linux', arch: 'amd64' })];
    const done = await inSharedFolder(${JSON.stringify(tools)}, wanted, () => install(wanted, sources, new AbortController().signal));
    console.log('cached=' + done.cached);`;
  const argv = [...as, process.execPath, '--input-type=module', '-e', script] as string[] as [string, ...string[]];
  return (await run(argv, { timeout: 60_000, cwd: root })).stdout;
}
const downloads = () => server.asked.filter(path => path.endsWith('.zip')).length;

test('three at once: one downloads, the others wait for it', async () => {
  const logs = await Promise.all([builder(), builder(), builder()]);
  expect(logs.map(log => /cached=(\w+)/.exec(log)![1]).sort()).toEqual(['false', 'true', 'true']);
  expect(downloads()).toBe(1);
  expect(readdirSync(join(tools, '.slipway/lease'))).toEqual([]);
}, 60_000);

const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;
describeAsRoot('two users of one group (needs root, to become them)', () => {
  const group = 4321;
  const user = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, `--groups=${group}`];
  test('share a toolchain; one that was changed is found by the other and replaced', async () => {
    mkdirSync(tools);
    chownSync(tools, 0, group);
    chmodSync(tools, 0o2775);
    expect(await builder(user(4001))).toContain('cached=false');
    expect(await builder(user(4002))).toContain('cached=true');
    const place = join(tools, 'go', version, process.arch);
    expect(statSync(place)).toMatchObject({ uid: 4001, gid: group });
    writeFileSync(join(place, 'bin/go'), 'evil');
    const log = await builder(user(4002));
    expect(log).toContain('is not used: its files have the hash');
    expect(log).toContain('cached=false');
    expect(statSync(place)).toMatchObject({ uid: 4002, gid: group });
  }, 60_000);
});

test.each(['', 'go', 'go/1.99.1', `go/1.99.1/${process.arch}.slipway.json`])(
  'everybody may write %j of it: refused, nothing is used and nothing is installed',
  async name => {
    await builder();
    chmodSync(join(tools, name), name.endsWith('.json') ? 0o666 : 0o777);
    await expect(builder()).rejects.toThrow(/everybody may write[\s\S]*chmod -R o-w/);
    expect(downloads()).toBe(1);
    await run(['chmod', '-R', 'o-w', tools], { timeout: 10_000 });
    expect(await builder()).toContain('cached=true');
  },
  60_000,
);
