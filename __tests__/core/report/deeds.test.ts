import { describe, expect, test } from '@jest/globals';
import { withDeeds } from '../../../src/core/report/deeds.ts';
import { verdictOf } from '../../../src/core/report/verdict.ts';
import { deployment, verdict } from './history/entries.ts';
import { richRecord } from './record.ts';

describe('a kept release with what was done with it', () => {
  const { verification: _, ...rich } = richRecord({ version: 'v1', deployments: [] });
  const failed = deployment('v1', 'release', 'failed', ['05 10:00', '05 10:30']);
  const again = deployment('v1', 'deploy', 'healthy', ['05 11:00', '05 11:30']);
  const bad = verdict('v1', 'failed', ['05 11:30', '05 11:31']);
  const good = verdict('v1', 'verified', ['05 11:40', '05 11:41']);

  test('has every deployment once, oldest first, and the newest verdict', () => {
    const seen = { ...good, deployments: again.deployments };
    const record = withDeeds(rich, [seen, bad, again, failed]);
    expect(record.deployments).toEqual([...failed.deployments, ...again.deployments]);
    expect(record.verification!.at).toBe('2026-01-05T11:41:00.000Z');
    expect(verdictOf(record)).toBe('verified');
    expect(verdictOf(withDeeds(rich, [failed]))).toBe('failed');
  });

  test('what was done with another release is not its', () => {
    const others = [deployment('v2', 'release', 'healthy', ['05 10:00', '05 10:30']), { ...again, name: 'other' }];
    expect(withDeeds(rich, others)).toEqual(rich);
  });
});
