import { expect, test } from '@jest/globals';
import { type Job, lastBegun, nextOf } from '../../../src/cli/serve/job.ts';

const job = (id: number, more: Partial<Job> = {}): Job => ({
  schema: 'slipway.push/v1',
  id: `2026010203040500${id}Z-aa`,
  forge: 'github',
  delivery: String(id),
  digest: String(id),
  branch: 'main',
  commit: String(id).repeat(40),
  received: '2026-01-02T03:04:05.000Z',
  state: 'waiting',
  ...more,
});

test('the newest of the branch that has waited longest is next', () => {
  expect(nextOf([])).toBeUndefined();
  expect(nextOf([job(1, { state: 'released' })])).toBeUndefined();
  expect(nextOf([job(3), job(1), job(2)])?.delivery).toBe('3');
  expect(nextOf([job(4, { branch: 'next' }), job(3, { branch: 'next' }), job(1), job(2)])?.delivery).toBe('2');
});

test('tags are of one kind, of which the newest comes first', () => {
  const tagged = (id: number) => job(id, { branch: '', tag: `v${id}` });
  expect(nextOf([tagged(1), tagged(2)])?.tag).toBe('v2');
  expect(lastBegun([{ ...tagged(1), begun: '2026-01-02T03:04:05.000Z' }], '')?.tag).toBe('v1');
});

test('what was begun last says what is older, however it ended; what was never begun says nothing', () => {
  const begun = (second: number) => `2026-01-02T03:04:0${second}.000Z`;
  const jobs = [
    job(1, { state: 'released', begun: begun(1) }),
    job(2, { state: 'rolled-back', begun: begun(3) }),
    job(3, { state: 'superseded' }),
    job(4, { state: 'released', begun: begun(5), branch: 'next' }),
    job(5, { state: 'waiting', begun: begun(4) }),
  ];
  expect(lastBegun(jobs, 'main', jobs[4])?.delivery).toBe('2');
  expect(lastBegun(jobs, 'other')).toBeUndefined();
});
