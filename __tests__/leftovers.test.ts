import { expect, test } from '@jest/globals';
import { beginTest, endFile, endLater, endTest } from './integration/leftovers.ts';

test('what goes on by itself ends with the test, or the file, that began it; what has ended is not ended again', async () => {
  const ended: string[] = [];
  const begin = (name: string) => endLater(() => ended.push(name));
  begin('of the file');
  beginTest();
  begin('of the test');
  begin('ended by itself')();
  endLater(async () => {
    await new Promise(resolve => setTimeout(resolve, 5));
    ended.push('slow');
  });
  await endTest();
  expect(ended).toEqual(['of the test', 'slow']);
  begin('of the file, between tests');
  beginTest();
  await endTest();
  expect(ended).toEqual(['of the test', 'slow']);
  await endFile();
  expect(ended.slice(2)).toEqual(['of the file', 'of the file, between tests']);
});
