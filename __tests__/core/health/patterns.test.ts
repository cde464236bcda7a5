import { expect, test } from '@jest/globals';
import { parseChecks, probe } from '../../../src/core/health/index.ts';
import { httpServer } from './servers.ts';

test.each([
  ['matches "v1\\.\\d+"', undefined, ''],
  ['matches "(?i)VERSION"', undefined, ''],
  ['matches "^v2"', 'body', 'the body does not match /^v2/'],
  ['lacks "v1"', 'body', 'the body matches /v1/'],
  ['answer-headers "Content-Type: ^text/plain"', undefined, ''],
  ['answer-headers "content-type: json"', 'header', '"text/plain", which does not match /json/'],
  ['answer-headers "x-none: ."', 'header', 'no header x-none'],
  ['answer-headers "set-cookie: ^b="', undefined, ''],
])('%s', async (expectation, reason, words) => {
  await using server = await httpServer((_, response) =>
    response.setHeader('content-type', 'text/plain').setHeader('set-cookie', ['a=1', 'b=2']).end('version v1.42'),
  );
  const seen = await probe(parseChecks(`${server.url} ${expectation}`)[0]!, { timeout: 3000 });
  expect(seen.reason).toBe(reason);
  if (reason !== undefined) expect(seen.detail).toContain(words);
});

test('a pattern that backtracks for ever on what the server sends ends all the same', async () => {
  await using server = await httpServer((_, response) => response.end(`${'a'.repeat(50)}!`));
  const began = performance.now();
  const seen = await probe(parseChecks(`${server.url} matches "^(a+)+$"`)[0]!, { timeout: 3000 });
  expect(performance.now() - began).toBeLessThan(1000);
  expect(seen).toMatchObject({ ok: false, reason: 'body', retriable: false });
  expect(seen.detail).toContain('takes longer than');
});
