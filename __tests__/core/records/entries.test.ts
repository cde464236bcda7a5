import { expect, jest, test } from '@jest/globals';
import type { Deployment } from '../../../src/core/record/schema.ts';
import { entryText, readEntries } from '../../../src/core/records/entries.ts';
import { entryName } from '../../../src/core/records/names.ts';
import { sampleEntry } from './samples.ts';

const time = '2026-01-01T00:00:00.000Z';
const deployment = (evidence: object): Deployment => ({
  kind: 'ssh-systemd',
  place: 'deploy@web1:22',
  service: 'hello',
  release: 'v1.0.0',
  previous: '',
  state: 'healthy',
  by: 'x',
  started: time,
  evidence: evidence as Deployment['evidence'],
});

test('a secret of the environment does not get into an entry, nor does its base64', () => {
  const password = 'correct-horse "battery"';
  const base64 = Buffer.from(password).toString('base64');
  const entry = sampleEntry({
    deployments: [deployment({ url: `https://u:${password}@host`, header: `Basic ${base64}` })],
  });
  const text = entryText(entry, { REGISTRY_PASSWORD: password, 'INPUT_BECOME-PASSWORD': 'short' });
  expect(text).not.toContain('battery');
  expect(text).not.toContain(base64);
  expect(JSON.parse(text).deployments[0].evidence).toEqual({ url: 'https://u:***@host', header: 'Basic ***' });
});

test('a password that is the name of the release changes no name', () => {
  const text = entryText(sampleEntry({ name: 'hello-world', version: 'hello-world' }), { APP_TOKEN: 'hello-world' });
  expect(JSON.parse(text)).toMatchObject({ name: 'hello-world', version: 'hello-world' });
});

test('an entry that is too large keeps what was done and leaves out the details', () => {
  const evidence = { log: 'x'.repeat(300_000) };
  const text = entryText(sampleEntry({ deployments: [deployment(evidence)] }), {});
  expect(text.length).toBeLessThan(10_000);
  expect(JSON.parse(text).deployments[0]).toMatchObject({
    place: 'deploy@web1:22',
    state: 'healthy',
    evidence: { omitted: 300_010 },
  });
});

test('one that cannot be read hides no other', async () => {
  const output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const entries = [sampleEntry(), sampleEntry(), sampleEntry()];
  const texts = new Map(
    entries.map((one, index) => [entryName(one), index === 1 ? '{"schema":"slipway.entry/v2"}' : entryText(one, {})]),
  );
  const found = await readEntries([...texts.keys()], {}, async names => names.map(name => texts.get(name)!));
  expect(found.map(one => one.id)).toEqual([entries[2]!.id, entries[0]!.id]);
  expect(output.mock.calls.join()).toContain('is passed over');
  output.mockRestore();
});

test('no more are read than asked for', async () => {
  const texts = new Map(
    Array.from({ length: 200 }, () => sampleEntry()).map(one => [entryName(one), entryText(one, {})]),
  );
  let read = 0;
  const found = await readEntries([...texts.keys()], { limit: 3 }, async names => {
    read += names.length;
    return names.map(name => texts.get(name)!);
  });
  expect(found).toHaveLength(3);
  expect(read).toBeLessThan(50);
});
