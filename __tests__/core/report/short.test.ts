import { describe, expect, test } from '@jest/globals';
import { renderShort } from '../../../src/core/report/short.ts';
import { cluster, host, richRecord } from './record.ts';

const spans = [{ name: 'setup-go-cross', start: 0, end: 21_000 }];

describe('the report in short', () => {
  test('verdict, chain, time, places, commands', () => {
    const markdown = renderShort({ record: richRecord(), spans });
    expect(markdown).toMatch(/^## `hello` `v1\.1\.0`: ✅ verified\n/);
    expect(markdown).toContain(
      '| ✅ `0123456789ab` | ✅ `go1.26.8, checksum-database` | ✅ `2 with sha256` | ✅ `aaaaaaaaaaaa` | ✅ `2 of 2 healthy` | ✅ `verified` |',
    );
    expect(markdown).toContain('    setup-go-cross (21s) :t0,');
    expect(markdown).toContain('| `deploy@web1.example.com:22` | `hello` | healthy | 5s |  |');
    expect(markdown).toContain(`crane manifest registry.example.com/hello@sha256:${'a'.repeat(64)} | sha256sum\n`);
  });

  test('what did not go well stands first and says why; a link without evidence says so', () => {
    const reason = { code: 'CANARY_WORSE', message: 'it answers worse' };
    const failed = cluster({ state: 'rolled-back', evidence: { reason } });
    const { verification: _, ...record } = richRecord({ deployments: [host(), failed], images: [] });
    const markdown = renderShort({ record, spans: [] });
    expect(markdown).toMatch(/^## .*: ↩️ rolled-back\n/);
    expect(markdown).toContain('| ➖ no evidence | ❌ `1 of 2 healthy` | ➖ no evidence |');
    expect(markdown).toMatch(
      /\|---\|---\|---\|---\|---\|\n\| `lab\/production` .* rolled-back .* `it answers worse` \|/,
    );
  });

  test('text of a record is text: no markup, no mention, no way out of code or diagram', () => {
    const evil = '`<img src=x>`` @octocat | <script>\n```\n# head';
    const record = richRecord({
      name: evil,
      version: evil,
      deployments: [host({ place: evil, state: 'failed', evidence: { reason: evil } })],
      binaries: richRecord().binaries.map(one => ({ ...one, path: evil })),
      verification: { ...richRecord().verification!, reasons: [evil] },
    });
    const markdown = renderShort({ record, spans: [{ name: evil, start: 0, end: 1 }] });
    // what is left when blocks and spans of code are taken away, as CommonMark finds them
    const left = markdown
      .replaceAll(/^(`{3,})[^`\n]*\n[\s\S]*?\n\1$/gm, '')
      .replaceAll(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '');
    expect(left.match(/<[^>]*>/g)).toEqual(['<details>', '<summary>', '</summary>', '</details>']);
    expect(left).not.toMatch(/@octocat|^# /m);
  });

  test('however large the release, it fits into a summary, and its diagram into what Mermaid draws', () => {
    const reason = 'long '.repeat(10_000);
    const record = richRecord({
      deployments: Array.from({ length: 2000 }, (_, n) =>
        host({ place: `deploy@web${n}`, state: 'failed', evidence: { reason } }),
      ),
      binaries: Array.from({ length: 500 }, (_, n) => ({ ...richRecord().binaries[0]!, target: `linux/x${n}` })),
      verification: { ...richRecord().verification!, reasons: Array.from({ length: 2000 }, () => reason) },
    });
    const many = Array.from({ length: 3000 }, (_, n) => ({ name: `step ${n} ${reason}`, start: n, end: n + 1 }));
    const markdown = renderShort({ record, spans: many });
    expect(Buffer.byteLength(markdown)).toBeLessThan(200_000);
    expect(markdown).toContain('and 1960 more places, in the report.');
    const diagram = /```mermaid\n([\s\S]*?)\n```/.exec(markdown)![1]!;
    expect(diagram.length).toBeLessThan(50_000); // its maxTextSize
  });
});
