import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';
import { checkBytes, digestOf, hexOf, verifying } from '../../../src/core/oci/digest.ts';

const content = Buffer.from('content');
const descriptor = { digest: digestOf(content), size: content.length };
const through = (chunks: Buffer[], expected = descriptor) =>
  buffer(Readable.from(chunks).pipe(verifying(expected, 'the test')));

test('the digest of nothing is the well-known one', () => {
  expect(digestOf('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test.each(['', 'sha256:abc', `sha512:${'a'.repeat(64)}`, `sha256:../${'a'.repeat(61)}`])('%s is no digest', text => {
  expect(() => hexOf(text)).toThrow(expect.objectContaining({ code: 'DIGEST_INVALID' }));
});

test('right content passes', async () => {
  checkBytes(content, descriptor, 'the test');
  expect(await through([content.subarray(0, 3), content.subarray(3)])).toEqual(content);
});

test.each([
  ['changed', [Buffer.from('Content')]],
  ['cut off', [content.subarray(0, 3)]],
  ['too long', [content, content]],
  ['missing', []],
])('%s content fails', async (_, chunks) => {
  await expect(through(chunks)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  expect(() => checkBytes(Buffer.concat(chunks), descriptor, 'the test')).toThrow(
    expect.objectContaining({ code: 'DIGEST_MISMATCH' }),
  );
});
