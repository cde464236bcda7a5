import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { plain } from '../../src/setup-go-cross/groups.ts';
import { progressLine } from '../../src/setup-go-cross/progress.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a line each 15 seconds, none when it is over', () => {
  const lines: string[] = [];
  {
    using _ = progressLine(
      elapsed => `still there after ${elapsed}`,
      line => lines.push(line),
    );
    jest.advanceTimersByTime(14_000);
    expect(lines).toEqual([]);
    jest.advanceTimersByTime(62_000);
  }
  jest.advanceTimersByTime(60_000);
  expect(lines).toEqual(['15s', '30s', '45s', '1m0s', '1m15s'].map(elapsed => `still there after ${elapsed}`));
});

test.each([
  ['::set-output name=a::b', ': :set-output name=a::b'],
  ['  ::error::x', '  : :error::x'],
  ['text ##[group]x', 'text ## [group]x'],
  ['example.com/x::y', 'example.com/x::y'],
])('%s is no command to the runner', (line, shown) => expect(plain(line)).toBe(shown));
