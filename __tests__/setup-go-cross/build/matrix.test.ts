import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatTarget, knownTargets, parseTarget } from '../../../src/core/target.ts';
import { assertKnown } from '../../../src/setup-go-cross/build/known-to-go.ts';
import { matrixOf } from '../../../src/setup-go-cross/build/matrix.ts';
import { shardsOf } from '../../../src/setup-go-cross/build/shards.ts';
import { targets } from '../../../src/setup-go-cross/targets-value.ts';

const all = knownTargets.map(parseTarget);

describe('shards', () => {
  const some = fc.tuple(fc.shuffledSubarray(all, { minLength: 1 }), fc.integer({ min: 1, max: 60 }));

  test('every target is in one of them, none is empty, and they differ by one target at most in cost', () => {
    fc.assert(
      fc.property(some, ([targets, count]) => {
        const shards = shardsOf(targets, count);
        const built = shards.flatMap(one => one.targets).map(formatTarget);
        expect(built.sort()).toEqual(targets.map(formatTarget).sort());
        expect(shards).toHaveLength(Math.min(count, targets.length));
        const costs = shards.map(one => one.cost);
        const dearest = Math.max(...targets.map(target => shardsOf([target], 1)[0]!.cost));
        expect(Math.max(...costs) - Math.min(...costs)).toBeLessThanOrEqual(dearest);
      }),
    );
  });

  test('the order in which targets are written changes nothing', () => {
    const names = (order: typeof all) => shardsOf(order, 5).map(one => one.targets.map(formatTarget));
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), order => {
        expect(names(order)).toEqual(names(all));
      }),
    );
  });

  test('the dearer targets are spread', () => {
    const wanted = targets.parse('linux/amd64, linux/riscv64, linux/arm/v7, linux/mips64le');
    const names = shardsOf(wanted, 2).map(one => one.targets.map(formatTarget));
    expect(names).toEqual([
      ['linux/riscv64', 'linux/arm/v7'],
      ['linux/mips64le', 'linux/amd64'],
    ]);
  });

  test('in the matrix: targets and packages are what the inputs of the job take', () => {
    const wanted = targets.parse('linux/amd64, linux/arm64, raspberry-pi:zero, windows/amd64');
    const { include } = matrixOf(wanted, { shards: 2, packages: ['./cmd/a', './cmd/b'] });
    expect(include.map(({ name, packages }) => [name, packages])).toEqual([
      ['shard-1', './cmd/a,./cmd/b'],
      ['shard-2', './cmd/a,./cmd/b'],
    ]);
    expect(include.map(one => one['machines'] ?? '').join('')).toBe('raspberry-pi:zero');
    const back = include.flatMap(one => targets.parse(one['targets']!)).map(formatTarget);
    expect(back.sort()).toEqual(wanted.map(formatTarget).sort());
    expect(include.every(one => targets.parse(one['targets']!).length === 2)).toBe(true);
  });
});

test('more jobs than GitHub starts', () => {
  const many = Array.from({ length: 257 }, () => parseTarget('linux/amd64'));
  expect(() => matrixOf(many)).toThrow(
    expect.objectContaining({ code: 'MATRIX_TOO_LARGE', hint: expect.stringContaining('shards') }),
  );
  expect(matrixOf(many, { shards: 256 }).include).toHaveLength(256);
});

test('a go that does not have a target, and what it has instead', () => {
  const list = ['linux/amd64', 'linux/mips64le'].map(pair => {
    const [GOOS, GOARCH] = pair.split('/') as [string, string];
    return { GOOS, GOARCH, CgoSupported: true };
  });
  assertKnown([parseTarget('linux/amd64/v3')], list);
  expect(() => assertKnown([parseTarget('linux/amd64'), parseTarget('linux/loong64')], list)).toThrow(
    expect.objectContaining({ code: 'TARGET_UNSUPPORTED', message: expect.stringContaining('linux/loong64') }),
  );
});
