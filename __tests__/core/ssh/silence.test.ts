import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watchSilence } from '../../../src/core/ssh/silence.ts';

let stream: PassThrough;
let silent: number;
const watch = () => {
  stream = new PassThrough();
  silent = 0;
  watchSilence(stream, 20_000, () => silent++);
};

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  watch();
});
afterEach(() => {
  jest.useRealTimers();
});

const arrives = async () => {
  stream.write('x');
  await new Promise(resolve => setImmediate(resolve));
};

test('nothing for the whole time: once', () => {
  jest.advanceTimersByTime(19_000);
  expect(silent).toBe(0);
  jest.advanceTimersByTime(60_000);
  expect(silent).toBe(1);
});

test('any byte counts anew, and noticed it is within the time after the last one', async () => {
  for (let byte = 0; byte < 10; byte++) {
    jest.advanceTimersByTime(14_000);
    await arrives();
  }
  expect(silent).toBe(0);
  jest.advanceTimersByTime(20_000);
  expect(silent).toBe(1);
});

test('no longer watched when it is closed', async () => {
  stream.destroy();
  await new Promise(resolve => setImmediate(resolve));
  jest.advanceTimersByTime(60_000);
  expect(silent).toBe(0);
});
