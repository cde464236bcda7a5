import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { run } from '../../../src/core/process.ts';
import { observe } from '../../../src/release/observe/observe.ts';
import { blocksOf } from '../../docs/blocks.ts';

let top: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'slipway-observe-'));
});
afterEach(() => rm(top, { recursive: true }));

const section = { service: 'hello', exporters: { node: ['web1:9100'] }, routes: [{ webhook: 'https://a.example' }] };
const write = async (more: object = {}, wanted: { environment?: string; output?: string } = {}) => {
  await writeFile(join(top, 'slipway.yml'), JSON.stringify({ observe: { ...section, ...more } }));
  return observe({ config: 'slipway.yml', directory: top, ...wanted });
};
const read = (name: string) => readFile(join(top, 'observe', name), 'utf8');
const edit = async (name: string, from: string | RegExp, to: string) => {
  const text = await read(name);
  expect(text).toMatch(from);
  await writeFile(join(top, 'observe', name), text.replace(from, to));
};
const whatOf = (written: Awaited<ReturnType<typeof write>>) =>
  Object.fromEntries(written.map(({ file, what }) => [file.replace('observe/', ''), what]));
const ruleOf = async (file: string, alert: string) =>
  parse(await read(file)).groups[0].rules.find((one: { alert?: string }) => one.alert === alert);

test('twice the same: nothing is written', async () => {
  await write();
  expect(new Set(Object.values(whatOf(await write())))).toEqual(new Set(['unchanged']));
});

test('a rerun keeps what was changed, added, removed and remarked, and brings what is new', async () => {
  await write();
  await edit('system.rules.yml', 'for: 2m', 'for: 10m # the backup takes nine');
  await edit('system.rules.yml', /$/, '      - alert: Own\n        expr: vector(1) > 2\n');
  await edit('alertmanager.yml', 'group_wait: 30s', 'group_wait: 5s');
  await edit('slipway-textfile', 'set -eu', 'set -eux');
  const written = await write({ thresholds: { disk: '70%' }, limits: { memory: '1GiB' } });
  expect(whatOf(written)).toMatchObject({
    'system.rules.yml': 'changed',
    'alertmanager.yml': 'unchanged',
    'slipway-textfile': 'unchanged',
  });
  expect(await read('system.rules.yml')).toContain('for: 10m # the backup takes nine');
  expect(await ruleOf('system.rules.yml', 'Own')).toBeDefined();
  expect((await ruleOf('system.rules.yml', 'HostDiskFull')).expr).toContain('> 0.7');
  expect(await ruleOf('system.rules.yml', 'ServiceMemoryHigh')).toBeDefined();
  expect(await read('alertmanager.yml')).toContain('group_wait: 5s');
  expect(await read('slipway-textfile')).toContain('set -eux');
});

test('what is both changed by hand and written differently stays, and is said', async () => {
  await write();
  await edit('security.rules.yml', '> 20', '> 7');
  await edit('dashboard.json', '"now-6h"', '"now-1h"');
  const written = await write({ thresholds: { 'rejected-logins': 30 } });
  const kept = Object.fromEntries(written.map(({ file, kept }) => [file.replace('observe/', ''), kept]));
  expect(kept['security.rules.yml']).toEqual([
    expect.stringContaining('groups.hello-security.rules.RequestsRejected.expr'),
  ]);
  expect(kept['dashboard.json']).toEqual(['you changed it, and it would be written differently now']);
  expect(await read('dashboard.json')).toContain('"now-1h"');
});

test('a file that was written and is no longer asked for goes, one that was deleted stays away', async () => {
  await write();
  await rm(join(top, 'observe', 'prometheus.yml'));
  expect(whatOf(await write({ routes: [] }))).toMatchObject({
    'alertmanager.yml': 'deleted',
    'prometheus.yml': 'left out',
  });
});

test('files of others, folders elsewhere and broken YAML are refused, and nothing is written', async () => {
  await mkdir(join(top, 'observe'));
  await writeFile(join(top, 'observe', 'prometheus.yml'), 'global: {}\n');
  await expect(write()).rejects.toMatchObject({ code: 'FILE_EXISTS' });
  await expect(write({}, { output: '../elsewhere' })).rejects.toMatchObject({ code: 'OBSERVE_OUTSIDE' });
  await symlink('/etc', join(top, 'link'));
  await expect(write({ directory: 'link' })).rejects.toMatchObject({ code: 'OBSERVE_OUTSIDE' });
  expect(await readdir(join(top, 'observe'))).toEqual(['prometheus.yml']);
  await rm(join(top, 'observe'), { recursive: true });
  await write();
  await edit('service.rules.yml', 'groups:', 'groups: [');
  await expect(write({ thresholds: { 'error-rate': '1%' } })).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  await writeFile(join(top, 'observe', '.observe'), 'no JSON');
  await expect(write()).rejects.toMatchObject({ code: 'OBSERVE_BASE' });
});

test('without the section it is said what is missing', async () => {
  await writeFile(join(top, 'slipway.yml'), 'build: {}\n');
  await expect(observe({ config: 'slipway.yml', directory: top })).rejects.toMatchObject({ code: 'OBSERVE_MISSING' });
});

test('as docs/observe.md shows it, in each environment; the script for hosts is one of sh', async () => {
  const [block] = blocksOf('slipway.yml').filter(one => one.page === 'docs/observe.md');
  await writeFile(join(top, 'slipway.yml'), block!.text);
  const files = await observe({ config: 'slipway.yml', directory: top });
  expect(files).toHaveLength(11);
  expect((await observe({ config: 'slipway.yml', environment: 'staging', directory: top }))[0]!.file).toBe(
    'observe/staging/prometheus.yml',
  );
  await run(['sh', '-n', join(top, 'observe', 'slipway-textfile')], { timeout: 10_000 });
});
