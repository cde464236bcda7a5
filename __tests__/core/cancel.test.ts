import { afterEach, describe, expect, test } from '@jest/globals';
import { cancellation } from '../../src/core/cancel.ts';

describe('cancellation', () => {
  const codes: number[] = [];
  const { signal, release } = cancellation(code => codes.push(code));
  afterEach(release);

  test('the first signal aborts, the second ends the process', () => {
    process.emit('SIGINT', 'SIGINT');
    expect(signal.reason).toMatchObject({ code: 'CANCELLED', message: 'cancelled by SIGINT' });
    expect(codes).toEqual([]);
    process.emit('SIGTERM', 'SIGTERM');
    expect(codes).toEqual([130]);
  });
});
