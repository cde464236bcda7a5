import { describe, expect, test } from '@jest/globals';
import { type ReleaseRecord, recordSchema } from '../../../src/core/record/schema.ts';
import { renderReport } from '../../../src/core/report/html.ts';
import { verdictOf } from '../../../src/core/report/verdict.ts';

const deployment = (state: ReleaseRecord['deployments'][number]['state'], started = '2026-01-01T00:00:00Z') => ({
  kind: 'ssh-systemd' as const,
  place: 'a@b:22',
  service: 'x',
  release: 'r',
  previous: '',
  state,
  by: 'me',
  started,
  evidence: {},
});
const record = (more: Partial<ReleaseRecord> = {}): ReleaseRecord => ({
  schema: recordSchema,
  name: 'x',
  version: 'v1.0.0',
  binaries: [],
  images: [],
  deployments: [],
  ...more,
});
const verification = { verdict: 'verified' as const, checks: [], reasons: [], at: '2026-01-01T00:01:00Z' };

describe('verdictOf', () => {
  test.each([
    ['nothing was verified', record(), 'inconclusive'],
    ['verified', record({ verification, deployments: [deployment('healthy')] }), 'verified'],
    [
      'rolled back after it was verified',
      record({ verification, deployments: [deployment('rolled-back')] }),
      'rolled-back',
    ],
    [
      'rolled back once, healthy at the second try',
      record({ verification, deployments: [deployment('rolled-back'), deployment('healthy', '2026-01-02T00:00:00Z')] }),
      'verified',
    ],
    [
      'still under way after it was verified',
      record({ verification, deployments: [deployment('progressing')] }),
      'inconclusive',
    ],
    ['failed', record({ verification, deployments: [deployment('failed')] }), 'failed'],
  ])('%s', (_, one, verdict) => expect(verdictOf(one)).toBe(verdict));
});

describe('renderReport', () => {
  test('is one file that asks the network for nothing', () => {
    const page = renderReport([{ record: record({ verification }), spans: [{ name: 'build', start: 0, end: 1500 }] }]);
    expect(page).not.toMatch(/<script|<link|src=|url\(|https?:/);
    expect(page).toContain('1.5s');
  });

  test('shows text of a record as text', () => {
    const page = renderReport([
      {
        record: record({
          name: '<img src=x onerror=alert(1)>',
          deployments: [{ ...deployment('failed'), place: '"><b>' }],
        }),
        spans: [],
      },
    ]);
    expect(page).not.toContain('<img');
    expect(page).toContain('&quot;&gt;&lt;b&gt;');
    expect(page).not.toContain('"><b><br>');
  });

  test('a link without evidence says so', () => {
    expect(renderReport([{ record: record(), spans: [] }]).match(/no evidence/g)).toHaveLength(6);
  });

  const links = (one: ReleaseRecord) =>
    [...renderReport([{ record: one, spans: [] }]).matchAll(/<li class="(\w+)"><b>([\w ]+)/g)].map(
      ([, state, name]) => [name, state],
    );

  test('an inconclusive verdict is no link that is done', () => {
    const open = { ...verification, verdict: 'inconclusive' as const, reasons: ['identity-unknown'] };
    expect(links(record({ verification: open }))).toEqual([['Health', 'open']]);
    expect(links(record({ verification }))).toEqual([['Health', 'done']]);
  });

  test('the chain shows what serves now, not the try before it', () => {
    const deployments = [deployment('rolled-back'), deployment('healthy', '2026-01-02T00:00:00Z')];
    expect(links(record({ verification, deployments }))).toEqual([
      ['Hosts and pods', 'done'],
      ['Health', 'done'],
    ]);
    expect(links(record({ deployments: [deployment('failed')] }))).toEqual([['Hosts and pods', 'broken']]);
  });
});
