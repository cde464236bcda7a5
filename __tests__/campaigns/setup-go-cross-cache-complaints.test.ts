import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
// @ts-expect-error: the lab is plain JavaScript
import { cacheRoot } from '../../scripts/lab/paths.mjs';
import { run } from '../../src/core/process.ts';
import { cacheService } from '../integration/cache-service.ts';
import { git, step } from '../integration/setup-go-cross-runner.ts';

// What users of setup-go complain of about its cache; the field's own words stand in the titles.
const checkout = join(import.meta.dirname, '../..');
let folder: string;
let home: string;
let service: Awaited<ReturnType<typeof cacheService>>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-complaints-'));
  chmodSync(folder, 0o755);
  home = join(folder, 'runner');
  service = await cacheService();
});
afterAll(async () => {
  await service.close();
  await remove(folder);
});

const sums: Record<string, string[]> = {
  'github.com/pkg/errors v0.9.1': [
    'h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=',
    'h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=',
  ],
};
const errors = 'github.com/pkg/errors v0.9.1';

/** A program in a folder of its own that needs the modules. */
function program(name: string, modules: string[], files: Record<string, string> = {}): string {
  const directory = mkdtempSync(join(folder, `${name}-`));
  const imports = modules.map(one => `import _ "${one.split(' ')[0]}"\n`).join('');
  const all: Record<string, string> = {
    'go.mod': `module example.com/${name}\n\ngo 1.26.8\n\n${modules.map(one => `require ${one}\n`).join('')}`,
    'go.sum': modules.map(one => `${one} ${sums[one]![0]}\n${one}/go.mod ${sums[one]![1]}\n`).join(''),
    'main.go': `package main\n\n${imports}\nfunc main() { println("${name}") }\n`,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

let number = 0;
/** A job: main step and post step, on a runner of its own or (`again`) on the one of the job before. */
async function job(
  directory: string,
  inputs: Record<string, string> = {},
  { again = false, tools = join(cacheRoot(), 'tools') }: { again?: boolean; tools?: string } = {},
) {
  if (!again) await remove(home);
  const env = {
    RUNNER_TOOL_CACHE: tools,
    GOTOOLCHAIN: undefined,
    GOFLAGS: undefined,
    GOMODCACHE: join(home, 'mod'),
    GOCACHE: join(home, 'build'),
    ACTIONS_CACHE_URL: `${service.url}/`,
    ACTIONS_RUNTIME_TOKEN: 'token',
    GITHUB_RUN_ID: String(++number),
    GITHUB_WORKSPACE: directory,
  };
  const given = { 'working-directory': directory, targets: 'linux/amd64', version: 'v1', sbom: 'false', ...inputs };
  const main = await step(given, env);
  return { main, post: await step(given, env, main.state) };
}

/** Go's module folders are read-only. */
async function remove(path: string) {
  if (existsSync(path)) await run(['chmod', '-R', 'u+w', path], { timeout: 30_000 });
  rmSync(path, { recursive: true, force: true });
}

const list = async (argv: [string, ...string[]]) =>
  (await run(argv, { timeout: 60_000 })).stdout.split('\n').filter(path => path !== '' && !path.endsWith('/'));

/** As a user whom a read-only file stops: root is not. */
const asUser = (...argv: string[]) =>
  (process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...argv] : argv) as [
    string,
    ...string[],
  ];

test('tar: File exists: the cache is unpacked over a module cache that is there, read-only as Go makes it', async () => {
  const directory = program('exists', [errors]);
  const first = await job(directory);
  expect(first.main.log).not.toContain('::error');
  expect(first.post.log).toContain('cache saved as');

  // The runner is used again: everything is there already, the unpacked modules too.
  const { main } = await job(directory, {}, { again: true });
  expect(main).toMatchObject({ code: 0, outputs: { 'cache-hit': 'true' } });
  expect(main.log).not.toMatch(/File exists|not restored/);

  // The same by hand, as a user whom the read-only folders stop; then what setup-go keeps, the whole module cache.
  const [ours, theirs] = [join(folder, 'ours.tar'), join(folder, 'theirs.tar')];
  writeFileSync(ours, service.stored[0]!.data);
  await run(['tar', '-P', '-cf', theirs, '-C', directory, join(home, 'mod')], { timeout: 60_000 });
  if (process.getuid?.() === 0) await run(['chown', '-R', '65534:65534', home, directory], { timeout: 60_000 });
  for (const archive of [ours, theirs]) chmodSync(archive, 0o644);
  const unpack = (archive: string) => run(asUser('tar', '-P', '-xf', archive, '-C', directory), { timeout: 60_000 });
  await unpack(ours);
  await expect(unpack(theirs)).rejects.toThrow('File exists');

  // Slow on Windows: of a module a handful of files is kept, not its tree.
  const kept = (await list(['tar', '-P', '-tf', ours])).filter(path => path.includes('/mod/'));
  expect(kept.filter(path => !path.includes('/mod/cache/download/'))).toEqual([]);
  const tree = (await list(['tar', '-P', '-tf', theirs])).filter(path => !path.includes('/mod/cache/'));
  expect(kept.filter(path => path.includes('pkg/errors')).length).toBeLessThan(tree.length / 2);
}, 300_000);

test('exact key only: after a change of go.mod the job starts from the last cache, and saves under a key of its own', async () => {
  const before = service.keys().at(-1)!;
  const { main, post } = await job(program('changed', []));
  expect(main).toMatchObject({ code: 0, outputs: { 'cache-hit': 'true' } });
  expect(main.log).toContain(`cache ${before} restored`);
  const after = service.keys().at(-1)!;
  expect(post.log).toContain(`cache saved as ${after}`);
  expect(after.split('-').at(-3)).not.toBe(before.split('-').at(-3));
}, 120_000);

test('a new cache after each run: where every job unpacks a Go of its own, nothing is new for the second one', async () => {
  const directory = program('own', []);
  const checkedOut = () => {
    rmSync(join(directory, 'slipway-out'), { recursive: true, force: true });
    const before = new Date(Date.now() - 60_000);
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), before, before);
  };
  checkedOut();
  const own = { tools: join(home, 'tools') };
  const first = await job(directory, {}, own);
  expect(first.main).toMatchObject({ code: 0 });
  expect(first.post.log).toContain('cache saved as');
  checkedOut();
  const second = await job(directory, {}, own);
  expect(second.main).toMatchObject({ code: 0, outputs: { 'cache-hit': 'true' } });
  expect(second.main.log).not.toContain('in the tool cache');
  expect(second.post.log).toContain('nothing is new in the caches');
}, 300_000);

test('no save on failure: what a build that fails has compiled is there for the next one', async () => {
  const directory = program('failing', [], {
    'fine/fine.go': 'package fine\n\nconst Word = "compiled"\n',
    'main.go': 'package main\n\nimport "example.com/failing/fine"\n\nfunc main() { printn(fine.Word) }\n',
  });
  const failed = await job(directory);
  expect(failed.main.code).toBe(1);
  expect(failed.main.log).toContain('undefined: printn');
  const saved = service.keys().at(-1)!;
  expect(failed.post.log).toContain(`cache saved as ${saved}`);
  writeFileSync(
    join(directory, 'main.go'),
    'package main\n\nimport "example.com/failing/fine"\n\nfunc main() { println(fine.Word) }\n',
  );
  const { main } = await job(directory);
  expect(main.code).toBe(0);
  expect(main.log).toContain(`cache ${saved} restored`);
  // The runner runs the post step after a failure, where action.yml does not say otherwise.
  const { runs } = parse(readFileSync(join(checkout, 'actions/setup-go-cross/action.yml'), 'utf8'));
  expect(runs.post).toBeDefined();
  expect(runs['post-if']).toBeUndefined();
}, 120_000);

test('monorepos and a missing go.sum: a workspace of two modules is built and cached, without a warning', async () => {
  const directory = program('mono', [], {
    'go.work': 'go 1.26.8\n\nuse (\n\t./api\n\t./cmd\n)\n',
    'api/go.mod': 'module example.com/api\n\ngo 1.26.8\n',
    'api/api.go': 'package api\n\nconst Name = "api"\n',
    'cmd/go.mod': 'module example.com/cmd\n\ngo 1.26.8\n',
    'cmd/main.go': 'package main\n\nimport "example.com/api"\n\nfunc main() { println(api.Name) }\n',
  });
  for (const name of ['go.mod', 'go.sum', 'main.go']) rmSync(join(directory, name));
  await git(directory, 'init', '-q');
  await git(directory, 'add', '-A');
  await git(directory, 'commit', '-q', '-m', 'one');
  const first = await job(directory, { packages: './cmd' });
  expect(first.main.log).not.toMatch(/::(error|warning)/);
  const saved = service.keys().at(-1)!;
  expect(first.post.log).toContain(`cache saved as ${saved}`);
  // The folder of one of its modules needs the same files: the same cache fits.
  const { main } = await job(join(directory, 'cmd'), { mode: 'setup' });
  expect(main.log).toContain(`cache ${saved} restored`);
}, 120_000);

describe('hung post steps', () => {
  test('a service that takes an upload and never answers is left after a deadline; the caches stay', async () => {
    const hung = join(folder, 'hung');
    for (const [path, text] of Object.entries({ 'mod/cache/download/a': 'a', 'build/00/x': 'x' })) {
      mkdirSync(dirname(join(hung, path)), { recursive: true });
      writeFileSync(join(hung, path), text);
    }
    service.faults.stallsUpload = true;
    const state = {
      folders: { downloads: join(hung, 'mod/cache/download'), build: join(hung, 'build') },
      key: 'slipway-go-v1-hung',
      files: 0,
      since: Date.now(),
      own: true,
    };
    const script = `
      const { save } = await import(${JSON.stringify(join(checkout, 'src/setup-go-cross/cache/service.ts'))});
      await save(${JSON.stringify(state)}, new AbortController().signal, 4000);`;
    const started = Date.now();
    // The client is started again from argv[1], as in the bundle.
    const main = join(checkout, 'src/setup-go-cross/main.ts');
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script, '--', main], {
      env: { ...process.env, ACTIONS_CACHE_URL: `${service.url}/`, ACTIONS_RUNTIME_TOKEN: 'token', RUNNER_TEMP: hung },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', text => {
      said += text;
    });
    const code = await new Promise(resolve => child.once('close', resolve));
    expect(said).toContain('DEADLINE');
    expect(code).toBe(1);
    expect(Date.now() - started).toBeLessThan(20_000);
    expect(service.asked.some(path => path.endsWith('/caches'))).toBe(true);
    expect(readFileSync(join(hung, 'mod/cache/download/a'), 'utf8')).toBe('a');
  }, 60_000);
});
