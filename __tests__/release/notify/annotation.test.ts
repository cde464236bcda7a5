import { expect, jest, test } from '@jest/globals';
import { annotation, annotationsOf } from '../../../src/release/notify/annotation.ts';
import { tellAll } from '../../../src/release/notify/index.ts';
import { dashboardFile } from '../../../src/release/observe/dashboard.ts';
import { readSettings } from '../../../src/release/observe/settings.ts';
import { listener, news } from './support.ts';

const token = 'glsa_0123456789abcdef';

test.each([
  ['https://grafana.example.com', 'https://grafana.example.com/api/annotations'],
  ['https://example.com/grafana', 'https://example.com/grafana/api/annotations'],
  ['https://example.com/grafana/', 'https://example.com/grafana/api/annotations'],
])('%s', (url, wanted) => expect(String(annotationsOf(new URL(url)))).toBe(wanted));

test('a release is a span with tags that the dashboard asks for; what was said is text, not markup', () => {
  const told = annotation(news) as { text: string; tags: string[] };
  expect(told).toEqual({
    time: Date.parse('2026-01-02T03:01:05Z'),
    timeEnd: Date.parse('2026-01-02T03:04:05Z'),
    tags: ['slipway', 'hello', 'production', 'rolled-back'],
    text: expect.stringMatching(
      /^hello v1\.2\.3 in production: rolled back<br>Why: the chain stopped at deploy-ssh-systemd<br>/,
    ),
  });
  expect(told.text).toContain('&lt;b&gt;*now*&lt;/b&gt; &amp; ');
  expect(told.text.replaceAll('<br>', '')).not.toMatch(/[<>]/);
  const dashboard = JSON.parse(dashboardFile(readSettings({ service: 'hello' }, () => '')));
  for (const tag of dashboard.annotations.list[0].target.tags) expect(told.tags).toContain(tag);
});

test('Grafana gets it with the token, again while it is busy; a token that it does not know is a warning', async () => {
  const log = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  await using grafana = await listener({ status: 503 }, { status: 200 });
  await using other = await listener({ status: 401 });
  const to = (url: URL) =>
    ({ name: 'grafana', kind: 'grafana', on: ['rolled-back'], url: new URL('/', url), token }) as const;
  await tellAll([to(grafana.url), to(other.url)], news, new AbortController().signal);
  const said = log.mock.calls.map(([line]) => String(line)).join('');
  log.mockRestore();
  expect(grafana.heard.map(({ path, headers }) => [path, headers.authorization])).toEqual(
    Array.from({ length: 2 }, () => ['/api/annotations', `Bearer ${token}`]),
  );
  expect(JSON.parse(grafana.heard[1]!.body)).toEqual(annotation(news));
  expect(other.heard).toHaveLength(1);
  expect(said).toMatch(/grafana was not told: .*answered with 401/);
  expect(said).not.toContain(token);
});
