import { expect, test } from '@jest/globals';
import { servingStatus } from '../../../src/core/health/attempts/grpc-wire.ts';

test.each([
  ['nothing: UNKNOWN is not written', [], 0],
  ['a status', [0x08, 0x01], 1],
  ['a field of bytes that is not known, and then the status', [0x12, 0x03, 0x61, 0x62, 0x63, 0x08, 0x01], 1],
  ['a number that is not known, and then the status', [0x18, 0x96, 0x01, 0x08, 0x02], 2],
])('%s', (_what, bytes, status) => {
  expect(servingStatus(Buffer.from(bytes))).toBe(status);
});

test.each([
  ['cut', [0x08]],
  ['a group', [0x0b]],
])('what is no answer: %s', (_what, bytes) => {
  expect(() => servingStatus(Buffer.from(bytes))).toThrow('no HealthCheckResponse');
});
