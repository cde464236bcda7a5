import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/core/units.ts';

describe('durations', () => {
  test.each([
    ['300ms', 300],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['0.5s', 500],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each(['30', '', 's', '30 s', '-1s', '1x', '30s;'])('"%s" is refused', text => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'DURATION_INVALID' }));
  });

  test.each([
    [12, '12ms'],
    [1500, '1.5s'],
    [42_400, '42s'],
    [90_000, '1m30s'],
    [7_260_000, '2h1m'],
  ])('%d ms is written %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  test('a whole number of seconds below an hour survives writing and reading', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 3599 }), s => parseDuration(formatDuration(s * 1000)) === s * 1000),
    );
  });
});

describe('sizes', () => {
  test.each([
    ['64MiB', 67_108_864],
    ['1.5GB', 1_500_000_000],
    ['512M', 536_870_912],
    ['10B', 10],
  ])('%s is %d bytes', (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each(['64', 'MiB', '64 MiBs', '-1B'])('"%s" is refused', text => {
    expect(() => parseSize(text)).toThrow(expect.objectContaining({ code: 'SIZE_INVALID' }));
  });

  test('sizes are written in decimal units', () =>
    expect([999, 8_300_000].map(formatSize)).toEqual(['999 B', '8.3 MB']));
});
