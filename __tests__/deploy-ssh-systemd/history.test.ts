import { describe, expect, test } from '@jest/globals';
import { parseHistory, previousOf, releasesToPrune, served } from '../../src/deploy-ssh-systemd/history.ts';

/** `+a` deployed, `!a` deployed and taken back, `-a` taken back with its batch though it was confirmed, `<a` rolled back to. */
const story = (words: string) =>
  parseHistory(
    words
      .split(' ')
      .filter(Boolean)
      .map((word, index) => {
        const result = { '!': 'reverted-unhealthy', '-': 'reverted-withdrawn' }[word[0]!] ?? 'confirmed';
        return `${index} t${index} ${result} ${word.startsWith('<') ? 'rollback' : 'deploy'} ${word.slice(1)} - bWU=`;
      })
      .join('\n'),
  );
const all = ['a', 'b', 'c', 'd'];

describe('history', () => {
  test.each([
    ['', '', ''],
    ['+a', 'a', ''],
    ['+a +b', 'a b', 'a'],
    ['+a !b', 'a', ''],
    ['+a +b !c', 'a b', 'a'],
    ['+a +b <a', 'a', ''],
    ['+a -a', '', ''],
    ['+a -a +b', 'b', ''],
    ['+a +b +c <b', 'a b', 'a'],
    ['+a +b +c <b <a', 'a', ''],
    ['+a +b <a +c', 'a c', 'a'],
    ['+a +a', 'a', ''],
    ['+a +b +a', 'a b a', 'b'],
  ])('%s: served "%s", a rollback goes to "%s"', (words, expected, previous) => {
    const history = story(words);
    const stack = served(history);
    expect(stack.join(' ')).toBe(expected);
    expect(previousOf(history, stack.at(-1) ?? '', all)).toBe(previous);
  });

  test('a release that is no longer there is passed over', () => {
    expect(previousOf(story('+a +b +c'), 'c', ['a', 'c'])).toBe('a');
  });

  test('the present release and the one before stay, whatever the number', () => {
    expect(releasesToPrune(story('+a +b +c +d'), 'd', all, 2)).toEqual(['a', 'b']);
    expect(releasesToPrune(story('+a +b +c +d <c'), 'c', all, 2)).toEqual(['a', 'd']);
    expect(releasesToPrune(story('+a !b'), 'a', ['a', 'b'], 5)).toEqual(['b']);
    expect(releasesToPrune(story('+a +b +c +d <b'), 'b', all, 5)).toEqual([]);
    expect(releasesToPrune(story('+a +b +c +d <b'), 'b', all, 3)).toEqual(['c']);
  });

  test('a line that is cut is left out', () => {
    expect(parseHistory('1 t confirmed deploy a - bWU=\n2 t conf')).toHaveLength(1);
  });
});
