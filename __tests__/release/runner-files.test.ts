import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatFileCommand, parseFileCommands } from '../../src/release/runner-files.ts';

describe('file commands of the runner', () => {
  test('plain lines and blocks', () => {
    expect(parseFileCommands('a=1\nb<<EOF\nx=2\ny\nEOF\nc=3=4\n')).toEqual({ a: '1', b: 'x=2\ny', c: '3=4' });
  });

  test('an unfinished block does not swallow what was before', () => {
    expect(parseFileCommands('a=1\nb<<EOF\nx')).toEqual({ a: '1', b: 'x' });
  });

  test('any value survives', () => {
    const value = fc.string().filter(text => !text.includes('\r'));
    fc.assert(fc.property(value, text => parseFileCommands(formatFileCommand('name', text))['name'] === text));
  });
});
