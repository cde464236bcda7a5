import { describe, expect, test } from '@jest/globals';
import { renderHistory } from '../../../../src/core/report/history/history.ts';
import { definitions } from '../../../../src/core/report/history/measures.ts';
import { richRecord } from '../record.ts';
import { fortnight } from './entries.ts';

const release = (version: string, commitTime: string, size: number) => {
  const record = richRecord({ version, commitTime });
  return { ...record, binaries: record.binaries.map(one => ({ ...one, size })) };
};
const releases = [
  release('v1', '2026-01-05T08:00:00.000Z', 6_000_000),
  release('v3', '2026-01-07T10:00:00.000Z', 9_000_000),
  release('v2', '2026-01-06T09:00:00.000Z', 6_000_000),
];

describe('the page of the history', () => {
  const { html, data } = renderHistory(fortnight, releases);

  test('shows the four measures, each with what it is made from and what it means', () => {
    const figures = [...html.matchAll(/<dt>([^<]+)<\/dt><dd class="figure">([^<]+)<\/dd><dd class="soft">([^<]+)</g)];
    expect(figures.map(([, ...parts]) => parts)).toEqual([
      ['Lead time', '2h30m', 'median of 3'],
      ['Deployment frequency', '1.5 a week', '3 in 14 days'],
      ['Change failure rate', '60 %', '3 of 5'],
      ['Time to restore', '25m0s', 'median of 2; not restored yet: v5'],
    ]);
    for (const text of Object.values(definitions)) expect(html).toContain(text);
    expect(html).toContain('dora.dev/guides/dora-metrics-four-keys');
  });

  test('shows sizes from release to release, by the time of their commits', () => {
    expect(data.sizes.map(({ version, binaries }) => [version, binaries['linux/amd64']])).toEqual([
      ['v3', 9_000_000],
      ['v2', 6_000_000],
      ['v1', 6_000_000],
    ]);
    expect(html).toContain('linux/amd64: 6.0 MB, then 9.0 MB');
    expect(html).toContain('9.0 MB<br><span class="soft">+3.0 MB (+50.0 %)</span>');
  });

  test('draws deployments over time: the healthy ones, and those that failed', () => {
    expect(html).toContain('Deployments per 7 days. 3 healthy, 2 failed or taken back');
    expect(html).toContain('Lead time by version. The median of 3 is 2h30m, the longest 7h20m.');
  });

  test('the data say the same, and are JSON', () => {
    expect(JSON.parse(JSON.stringify(data)).places).toMatchObject([
      { name: 'hello', environment: 'production', failures: { rate: 0.6 }, frequency: { perWeek: 1.5 } },
    ]);
  });

  test('each environment has its own measures, the newest first', () => {
    const staging = fortnight.slice(0, 3).map(one => ({ ...one, environment: 'staging' }));
    const { data: both, html: page } = renderHistory([...staging, ...fortnight], []);
    expect(both.places.map(({ environment, failures }) => [environment, failures.failed])).toEqual([
      ['production', 3],
      ['staging', 1],
    ]);
    expect([...page.matchAll(/<h2 id="[\w-]+">([^<]+)</g)].map(([, title]) => title)).toEqual([
      'production',
      'staging',
      'What is measured',
    ]);
  });

  test('text of entries is text', () => {
    const evil = '<script>alert(1)</script>';
    const page = renderHistory([{ ...fortnight[0]!, name: evil, version: evil, by: evil, environment: evil }], []).html;
    expect(page).not.toContain('<script');
  });

  test('without entries and releases it says so', () => {
    expect(renderHistory([], [])).toEqual({
      html: expect.stringContaining('Nothing has been written down yet.'),
      data: { places: [], sizes: [] },
    });
  });
});
