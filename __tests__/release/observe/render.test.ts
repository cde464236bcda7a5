import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { renderFiles } from '../../../src/release/observe/render.ts';
import { promDuration, within } from '../../../src/release/observe/rule.ts';
import { readSettings } from '../../../src/release/observe/settings.ts';

const render = (more: object = {}) => renderFiles(readSettings({ service: 'hello', ...more }, () => 'slipway.yml'));
const node = { exporters: { node: ['web1:9100'] } };
const rulesOf = (files: Record<string, string>, level: string) =>
  parse(files[`${level}.rules.yml`]!).groups[0].rules as {
    alert?: string;
    expr: string;
    annotations: Record<string, string>;
  }[];
const names = (files: Record<string, string>, level: string) =>
  rulesOf(files, level).flatMap(({ alert }) => alert ?? []);

describe('what is written', () => {
  test('only what is asked for', () => {
    const always = ['dashboard.json', 'prometheus.yml', 'security.rules.yml', 'service.rules.yml', 'system.rules.yml'];
    expect(Object.keys(render()).sort()).toEqual(always);
    const more = {
      ...node,
      routes: [{ webhook: 'https://a.example' }],
      logs: { unit: 'hello' },
      business: [{ name: 'a', counter: 'b', above: 1 }],
    };
    expect(Object.keys(render(more))).toEqual(
      expect.arrayContaining([...always, 'alertmanager.yml', 'business.rules.yml', 'filebeat.yml', 'slipway-textfile']),
    );
  });

  test('twice the same is the same', () => expect(render(node)).toEqual(render(node)));

  test('rules rest on exporters that are named', () => {
    expect(names(render(), 'system')).toEqual(['ServiceRestarts']);
    expect(names(render(), 'security')).toEqual(['RequestsRejected']);
    expect(names(render({ limits: { cpu: 2 } }), 'system')).toEqual(['ServiceCPUHigh', 'ServiceRestarts']);
    expect(names(render(node), 'system')).toContain('HostDiskFull');
    expect(names(render({ exporters: { kubernetes: { namespace: 'shop', container: 'c' } } }), 'system')).toContain(
      'PodOutOfMemory',
    );
    const tls = { exporters: { blackbox: { address: 'b:9115', urls: ['https://a.example'] } } };
    expect(names(render(tls), 'security')).toEqual([
      'RequestsRejected',
      'CertificateExpires',
      'CertificateExpiresSoon',
    ]);
  });

  test('every alert says what it is, what to do, and within which time it fires and clears', () => {
    for (const level of ['service', 'system', 'security'])
      for (const { alert, annotations } of rulesOf(render(node), level)) {
        if (alert === undefined) continue;
        expect(annotations).toEqual({
          summary: expect.any(String),
          description: expect.any(String),
          runbook: expect.any(String),
          fires_within: expect.stringMatching(/^(\d+(d|h|m|s|ms))+$/),
          clears_within: expect.stringMatching(/^(\d+(d|h|m|s|ms))+$/),
        });
      }
    const { runbook_url } = rulesOf(render({ runbooks: 'https://r.example/a/' }), 'service').at(-1)!.annotations;
    expect(runbook_url).toBe('https://r.example/a/ErrorBudgetBurn3d');
  });

  test.each([
    [1500, '1s500ms'],
    [90_000, '1m30s'],
    [86_400_000 * 3 + 3_600_000, '3d1h'],
    [0, '0s'],
  ])('%d ms are %s', (ms, wanted) => expect(promDuration(ms)).toBe(wanted));

  test('the stated time: window, for, two scrapes, two evaluations; to clear, no for', () => {
    const timing = { scrape: 15_000, evaluate: 30_000, window: 0, for: 0 };
    expect(within({ looks: { long: 3_600_000, short: 300_000 }, for: 120_000 }, timing)).toEqual({
      fires: 3_600_000 + 120_000 + 90_000,
      clears: 300_000 + 60_000,
    });
  });

  test('Filebeat: every key is one of its reference (filebeat.reference.yml, journald and filestream input)', () => {
    const logs = { unit: 'hello', paths: ['/var/log/hello/*.log'], logstash: ['logs.example.com:5044'] };
    const found = parse(render({ logs })['filebeat.yml']!);
    const [journal, files] = found.filebeat.inputs;
    expect(Object.keys(found)).toEqual(['filebeat', 'processors', 'output.logstash']);
    expect(journal).toMatchObject({
      type: 'journald',
      id: 'hello-journal',
      include_matches: { match: ['_SYSTEMD_UNIT=hello.service'] },
    });
    expect(Object.keys(journal).sort()).toEqual(['id', 'include_matches', 'processors', 'type']);
    expect(Object.keys(journal.processors[1].decode_json_fields).sort()).toEqual([
      'add_error_key',
      'fields',
      'overwrite_keys',
      'target',
    ]);
    expect(Object.keys(files).sort()).toEqual(['id', 'parsers', 'paths', 'processors', 'type']);
    expect(files.parsers).toEqual([{ ndjson: { target: '', add_error_key: true, overwrite_keys: true } }]);
    const text = parse(render({ logs: { ...logs, format: 'text' } })['filebeat.yml']!).filebeat.inputs;
    expect(JSON.stringify(text)).not.toMatch(/json/);
  });
});
