import { describe, expect, test } from '@jest/globals';
import { equals, oneOf, parseSelector, selectorText } from '../../src/core/prometheus-selector.ts';

describe('selectors', () => {
  test.each([
    ['http_requests_total', 'http_requests_total'],
    [' http_requests_total { code =~ "5.." , } ', 'http_requests_total{code=~"5.."}'],
    [`a:b{x='it''s'}`, undefined],
    [`a:b{x='say "hi"',y!=\`}\`}`, `a:b{x='say "hi"',y!=\`}\`}`],
    ['{__name__=~"a|b"}', '{__name__=~"a|b"}'],
    ['a{x="\\"}"}', 'a{x="\\"}"}'],
    ['{}', undefined],
    ['', undefined],
    ['a{x="1"', undefined],
    ['a{x="1"} or b', undefined],
    ['sum(a)', undefined],
  ])('%s', (text, written) => {
    if (written === undefined)
      expect(() => parseSelector(text)).toThrow(expect.objectContaining({ code: 'METRICS_INVALID' }));
    else expect(selectorText(parseSelector(text))).toBe(written);
  });

  test('a function is refused with what to write instead', () => {
    expect(() => parseSelector('rate(http_requests_total[1m])')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('without rate()') }),
    );
  });

  test('further matchers name the pods; a dot of a name is no wildcard', () => {
    const only = [equals('namespace', 'a"b'), oneOf('pod', ['web-1', 'web.2'])];
    expect(selectorText(parseSelector('up{job="x"}'), only)).toBe(
      'up{job="x",namespace="a\\"b",pod=~"web-1|web\\\\.2"}',
    );
  });
});
