import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { renderReport } from '../../../src/core/report/html.ts';
import { reportPart } from '../../../src/core/report/part.ts';
import { cluster, host, richRecord } from './record.ts';

const page = (...parts: Parameters<typeof renderReport>[0]) => renderReport(parts);
const spans = [{ name: 'build', start: 0, end: 30_000 }];

describe('the page of a release', () => {
  test('has a section for each kind of evidence, and links to it', () => {
    const html = page({ record: richRecord(), spans, bills: [{ binary: 'linux/amd64', components: [] }] });
    const titles = [...html.matchAll(/<h2 id="([\w-]+)">([^<]+)</g)].map(([, id, title]) => [id, title]);
    expect(titles.map(([, title]) => title)).toEqual([
      'Chain of custody',
      'What was done when',
      'Binaries',
      'Image',
      'Deployments',
      'Evidence of the rollout',
      'Checks',
      'Availability',
      'Components',
      'See for yourself',
    ]);
    for (const [id] of titles) expect(html).toContain(`<li><a href="#${id}">`);
  });

  test('nothing may be fetched or run, even if text of a record became markup', () => {
    expect(page({ record: richRecord(), spans })).toMatch(
      /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'">/,
    );
  });

  test('sizes are compared with the release before, where it is known', () => {
    const before = richRecord({ version: 'v1.0.0' });
    const [amd64, arm64] = before.binaries;
    const record = richRecord({ binaries: [{ ...amd64!, size: 9_000_000 }, arm64!] });
    const html = page({ record, spans, before });
    expect(html).toContain('Against v1.0.0">+3.0 MB (+50.0 %)</td>');
    expect(html).toContain('Against v1.0.0">the same</td>');
    expect(page({ record, spans })).not.toContain('Against');
  });

  test('a record without the spans of its run still shows when it was deployed where', () => {
    expect(page({ record: richRecord(), spans: [] })).toMatch(
      /rowheader" data-label="What">Deployment\/hello at lab\/production<.*?<rect x="142\.9" width="857\.1" .*?Took">1m0s</,
    );
  });

  test('the steps of a deployment are there to unfold', () => {
    expect(page({ record: richRecord(), spans })).toMatch(
      /<summary>Steps of hello at deploy@web1\.example\.com:22<\/summary>.*?upload/,
    );
  });
});

describe('evidence', () => {
  const drawn = (record = richRecord()) =>
    [...page({ record, spans }).matchAll(/<svg [^>]*role="img" aria-label="([^"]+)"/g)].map(([, label]) => label);

  test('a canary is drawn over time: weight, evidence, errors; an endpoint by its availability', () => {
    expect(drawn()).toEqual([
      'Weight of the new release. It got 50 % of the traffic at the most, 50 % in the end.',
      'Evidence, as powers of ten. In the end E(worse) was 0.9 and E(good) 31; the chance of a wrong decision is at most 0.01 and 0.05.',
      'Own requests that failed, by step. Of the new release 2 of 400 failed, of the old one 4 of 400.',
      'Availability of https://hello.example.com/readyz. 15 of 16 attempts were answered well (93.75 %).',
      'Slowest attempt at https://hello.example.com/readyz. The slowest of all took 20ms.',
    ]);
  });

  test('without a trend it is drawn by steps', () => {
    const { trend: _, ...evidence } = cluster().evidence;
    const html = page({ record: richRecord({ deployments: [cluster({ evidence })] }), spans });
    expect(html).toMatch(/data-label="At">50 %<\/th><td role="cell" data-label="E\(worse\)">-0\.0969</);
  });

  test('evidence of another shape is not drawn, and harms nothing', () => {
    const odd = { steps: [{ weight: '<b>' }], trend: 1, checks: 'x', spans: [{ name: 1 }], pods: [null], reason: 7 };
    const deployments = [cluster({ evidence: odd }), host({ evidence: odd })];
    const verification = {
      ...richRecord().verification!,
      checks: [{ name: 'x', verdict: 'passed' as const }],
    };
    expect(drawn(richRecord({ deployments, verification }))).toEqual([]);
  });

  test('hosts: how often they answered, and how long they did not', () => {
    expect(page({ record: richRecord(), spans })).toMatch(
      /Answered">6 of 8 \(75 %\)<.*?Without service">130ms, by systemd</,
    );
  });
});

describe('components', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-report-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('are read from the CycloneDX files beside the record: name, version, license, which binaries', async () => {
    const bill = (...components: object[]) => JSON.stringify({ bomFormat: 'CycloneDX', components });
    const yaml = { name: 'gopkg.in/yaml.v3', version: 'v3.0.1', licenses: [{ license: { id: 'MIT' } }] };
    const gin = { name: 'gin<script>', version: 'v1', licenses: [{ expression: 'MIT OR Apache-2.0' }] };
    await writeFile(join(folder, 'hello-linux-amd64.cdx.json'), bill(yaml, gin));
    await writeFile(join(folder, 'hello-linux-arm64.cdx.json'), bill(yaml, { name: 'stdlib' }));
    const record = richRecord();
    const binaries = record.binaries.map(one => ({
      ...one,
      path: join(folder, one.path),
      sbom: join(folder, one.sbom!),
    }));
    const part = await reportPart({ file: join(folder, 'release.json'), record: { ...record, binaries } });
    const rows = [...page(part).matchAll(/data-label="Component">(.*?)<\/th>(.*?)<\/tr>/g)].map(([, name, rest]) => [
      name,
      ...[...rest!.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell]) => cell),
    ]);
    expect(rows).toEqual([
      ['gin&lt;script&gt;', 'v1', 'MIT OR Apache-2.0', 'linux/amd64'],
      ['gopkg.in/yaml.v3', 'v3.0.1', 'MIT', 'all'],
      ['stdlib', '–', '<span class="soft">not stated</span>', 'linux/arm64'],
    ]);
    expect(part.record.binaries[0]!.path).toBe('hello-linux-amd64');
  });

  test('one that cannot be read is named', async () => {
    const part = await reportPart({ file: join(folder, 'release.json'), record: richRecord() });
    expect(page(part)).toContain('Not read, because it is not beside the record: linux/amd64, linux/arm64.');
  });
});
