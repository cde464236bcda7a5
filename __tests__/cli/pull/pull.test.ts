import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { newestVerified } from '../../../src/cli/pull/candidate.ts';
import {
  afterFailure,
  afterSuccess,
  isAhead,
  isWanted,
  type Memory,
  readMemory,
  wentBack,
  writeMemory,
} from '../../../src/cli/pull/memory.ts';
import { pauseOf } from '../../../src/cli/pull/pause.ts';
import type { Entry } from '../../../src/core/records/entry.ts';
import { sampleEntry } from '../../core/records/samples.ts';

const verdict = (version: string, state: string) => sampleEntry({ kind: 'verdict', version, state } as Partial<Entry>);

test.each([
  ['nothing yet', [], undefined],
  ['only deployments', [sampleEntry({ version: 'v2' })], undefined],
  ['the newest', [verdict('v2', 'verified'), verdict('v1', 'verified')], 'v2'],
  ['the newest is not verified', [verdict('v3', 'failed'), verdict('v2', 'verified')], 'v2'],
  [
    'verified once, failed later',
    [verdict('v2', 'failed'), verdict('v2', 'verified'), verdict('v1', 'verified')],
    'v1',
  ],
  ['inconclusive is not verified', [verdict('v2', 'inconclusive'), verdict('v2', 'verified')], undefined],
  ['gone back to', [verdict('v1', 'verified'), verdict('v2', 'verified')], 'v1'],
])('%s', (_, entries, expected) => expect(newestVerified(entries)).toBe(expected));

test('a bad release is tried a few times, one that was rolled back never again, and what follows is', () => {
  let memory: Memory = { deployed: 'v1', failed: [] };
  expect([isWanted(memory, 'v1'), isWanted(memory, 'v2')]).toEqual([false, true]);
  memory = afterFailure(memory, 'v2', false);
  memory = afterFailure(memory, 'v2', false);
  expect(isWanted(memory, 'v2')).toBe(true);
  memory = afterFailure(memory, 'v2', false);
  expect(isWanted(memory, 'v2')).toBe(false);
  memory = afterFailure(memory, 'v3', true);
  expect([isWanted(memory, 'v3'), isWanted(memory, 'v4')]).toEqual([false, true]);
  memory = afterSuccess(memory, 'v4');
  expect([isWanted(memory, 'v4'), isWanted(memory, 'v3'), isWanted(memory, 'v1')]).toEqual([false, false, true]);
});

test('what is remembered is bounded, comes back, and may be damaged', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-memory-'));
  let memory: Memory = { failed: [] };
  for (let n = 0; n < 60; n++) memory = afterFailure(memory, `v${n}`, true);
  expect(memory.failed).toHaveLength(50);
  await writeMemory(folder, memory);
  expect(await readMemory(folder)).toEqual(memory);
  await writeFile(join(folder, 'memory.json'), '{"failed":');
  expect(await readMemory(folder)).toEqual({ failed: [] });
  await rm(folder, { recursive: true });
});

test('records that show less than they did went back; those of another place or environment say nothing of these', () => {
  const newest = { place: 'production in oci://r', at: '2026-01-02T00:00:00.000Z' };
  const memory: Memory = { failed: [], newest };
  const seen = (at: string | undefined, place = newest.place) => wentBack(memory, place, at);
  expect([seen('2026-01-01T23:59:59.999Z'), seen(undefined)]).toEqual([true, true]);
  expect([seen(newest.at), seen('2026-01-02T00:00:00.001Z')]).toEqual([false, false]);
  expect([seen(undefined, 'staging in oci://r'), wentBack({ failed: [] }, newest.place, undefined)]).toEqual([
    false,
    false,
  ]);
});

test('an entry may be ten minutes ahead of this clock, as clocks differ, and no more', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  expect(['2026-01-02T00:10:00Z', '2026-01-02T00:10:00.001Z', undefined].map(at => isAhead(at, now))).toEqual([
    false,
    true,
    false,
  ]);
});

test.each([
  [60_000, 0, 0.5, 60_000],
  [60_000, 0, 0, 54_000],
  [60_000, 0, 1, 66_000],
  [60_000, 2, 0.5, 240_000],
  [60_000, 50, 0.5, 900_000],
  [3_600_000, 5, 0.5, 3_600_000],
])('interval %d, %d failures, %d: %d ms', (interval, failures, random, expected) => {
  expect(pauseOf(interval, failures, random)).toBe(expected);
});
