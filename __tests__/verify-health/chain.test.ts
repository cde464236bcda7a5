import { describe, expect, test } from '@jest/globals';
import { chainFindings, lastDeployments } from '../../src/verify-health/chain.ts';
import { digest, hash, inCluster, onHost, release } from './record.ts';

describe('chainFindings', () => {
  const only = (...args: Parameters<typeof release>) => chainFindings(release(...args), 0)[0]!;

  test.each([
    ['healthy host', onHost(), 'passed', undefined],
    ['unchanged cluster', inCluster({ state: 'unchanged' }), 'passed', undefined],
    ['rolled back', onHost({ state: 'rolled-back' }), 'failed', 'rolled-back'],
    ['failed', onHost({ state: 'failed' }), 'failed', 'deployment-failed'],
    ['still going', inCluster({ state: 'progressing' }), 'inconclusive', 'deployment-progressing'],
    ['undecided', inCluster({ state: 'inconclusive' }), 'inconclusive', 'deployment-inconclusive'],
    ['a binary that was not built', onHost({ binary: hash('f') }), 'failed', 'not-in-record'],
    ['no binary', onHost({ binary: undefined }), 'failed', 'not-in-record'],
    ['an image that was not built', inCluster({ image: `x@${digest('f')}` }), 'failed', 'not-in-record'],
    ['no image', inCluster({ image: undefined }), 'failed', 'not-in-record'],
  ])('%s', (_, deployment, verdict, reason) => {
    expect(only(deployment)).toMatchObject({ kind: 'record', verdict });
    expect(only(deployment).reason).toBe(reason);
  });

  test('says what serves after a rollback', () => {
    expect(only(onHost({ state: 'rolled-back' })).detail).toContain('v1 is said to serve');
    expect(only(onHost({ state: 'rolled-back', previous: '' })).detail).toContain('nothing was there before');
  });

  test('an image that holds a binary that was not built', () => {
    const record = release(inCluster());
    const found = chainFindings({ ...record, binaries: record.binaries.slice(0, 1) }, 0)[0]!;
    expect(found).toMatchObject({ verdict: 'failed', reason: 'not-in-record' });
  });

  test('a record without binaries or images claims nothing about them', () => {
    const record = {
      ...release(onHost({ binary: hash('f') }), inCluster({ image: `x@${digest('f')}` })),
      binaries: [],
      images: [],
    };
    expect(chainFindings(record, 0).map(one => one.verdict)).toEqual(['passed', 'passed']);
  });
});

test('the last deployment to a place and service counts, whatever the order', () => {
  const first = onHost({ started: '2026-01-01T00:00:00Z', state: 'failed' });
  const second = onHost({ started: '2026-01-02T00:00:00Z' });
  const elsewhere = onHost({ place: 'deploy@app2:22' });
  expect(lastDeployments(release(second, first, elsewhere))).toEqual([second, elsewhere]);
  expect(lastDeployments(release(first, second))).toEqual([second]);
  expect(lastDeployments(undefined)).toEqual([]);
});
