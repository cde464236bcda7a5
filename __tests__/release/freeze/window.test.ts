import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseConfig } from '../../../src/core/config-file.ts';
import { windowsOf } from '../../../src/release/freeze/freeze.ts';
import { frozenBy, readWindow } from '../../../src/release/freeze/window.ts';

const window = (entry: object) =>
  readWindow({ why: 'sale', ...entry }, 'slipway.yml:1', why => {
    throw new Error(why);
  });
const isFrozen = (entry: object, at: string) => frozenBy([window(entry)], new Date(at)) !== undefined;

describe('a freeze window', () => {
  const winter = { from: '2026-12-23 18:00', to: '2027-01-02 08:00', zone: 'Europe/Berlin' };
  const weekend = { from: 'Fri 16:00', to: 'Mon 08:00', zone: 'America/New_York' };
  test.each([
    [winter, '2026-12-23T16:59:59Z', false],
    [winter, '2026-12-23T17:00:00Z', true],
    [winter, '2027-01-02T06:59:59Z', true],
    [winter, '2027-01-02T07:00:00Z', false],
    // in summer the same zone is two hours ahead
    [{ ...winter, from: '2026-07-01 00:00', to: '2026-07-02 00:00' }, '2026-06-30T22:00:00Z', true],
    [{ ...winter, from: '2026-07-01 00:00', to: '2026-07-02 00:00' }, '2026-07-01T22:00:00Z', false],
    [weekend, '2026-11-27T20:59:00Z', false],
    [weekend, '2026-11-27T21:00:00Z', true], // Friday 16:00
    [weekend, '2026-11-30T12:59:00Z', true],
    [weekend, '2026-11-30T13:00:00Z', false], // Monday 08:00
    [{ from: 'Tue 00:00', to: 'Tue 01:00' }, '2026-12-01T00:30:00Z', true],
    [{ from: 'Tue 00:00', to: 'Tue 01:00' }, '2026-12-02T00:30:00Z', false],
  ])('%j at %s: %s', (entry, at, expected) => {
    expect(isFrozen(entry, at)).toBe(expected);
  });

  test('every week: what is not in a window is in the one that begins where it ends', () => {
    const time = fc
      .nat(7 * 1440 - 1)
      .map(minute => new Date(Date.UTC(2026, 10, 30, 0, minute)))
      .map(
        at => `${['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][at.getUTCDay()]} ${at.toISOString().slice(11, 16)}`,
      );
    fc.assert(
      fc.property(time, time, fc.date({ noInvalidDate: true, min: new Date(0) }), (from, to, at) => {
        fc.pre(from !== to);
        expect(isFrozen({ from, to }, at.toISOString())).toBe(!isFrozen({ from: to, to: from }, at.toISOString()));
      }),
    );
  });

  test.each([
    [{ from: 'Fri 16:00' }, '"from" is "Fri 16:00" and "to" ""'],
    [{ from: 'Fri 16:00', to: '2026-12-01 00:00' }, 'write both as'],
    [{ from: '2026-12-01', to: '2026-12-02' }, 'write both as'],
    [{ from: '2026-13-01 00:00', to: '2026-14-01 00:00' }, 'write both as'],
    [{ from: '2026-12-02 00:00', to: '2026-12-01 00:00' }, '"to" is not after "from"'],
    [{ from: 'Fri 16:00', to: 'Fri 16:00' }, '"to" is not after "from"'],
    [{ from: 'Fri 16:00', to: 'Mon 08:00', zone: 'Berlin' }, 'no time zone such as Europe/Berlin'],
    [{ from: 'Fri 16:00', to: 'Mon 08:00', why: ' ' }, 'it has no "why"'],
    [{ from: 'Fri 16:00', until: 'Mon 08:00' }, 'unknown key "until"'],
  ])('%j is refused: %s', (entry, why) => {
    expect(() => window(entry)).toThrow(why);
  });

  test('those of the file and of its environment both count; an error names the line', () => {
    const yml = (to: string) =>
      `freeze:\n  - { from: Fri 16:00, to: ${to}, why: a }\nenvironments:\n  a:\n    freeze: [{ from: Mon 00:00, to: Mon 01:00, why: b }]\n  b:\n`;
    const of = (environment: string) => windowsOf(parseConfig(yml('Sat 00:00'), 'slipway.yml', environment));
    expect(of('a').map(({ at, why }) => [at, why])).toEqual([
      ['slipway.yml:2', 'a'],
      ['slipway.yml:5', 'b'],
    ]);
    expect(of('b')).toHaveLength(1);
    expect(() => windowsOf(parseConfig(yml('x'), 'slipway.yml', 'b'))).toThrow('slipway.yml:2: freeze: "from" is');
    expect(() => parseConfig('freeze: {}', 'slipway.yml')).toThrow('slipway.yml:1: "freeze" is not a list');
  });
});
