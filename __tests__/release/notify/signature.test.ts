import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { readKey, signedHeaders } from '../../../src/release/notify/signature.ts';

const refuse = (why: string): never => {
  throw new Error(why);
};
const now = () => Math.floor(Date.now() / 1000);

describe('the signature of a webhook', () => {
  test('is the one of the specification’s example', () => {
    const key = readKey('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', refuse);
    expect(signedHeaders(key, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}')).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test.each([
    ['whsec_ and base64', `whsec_${Buffer.alloc(32, 7).toString('base64')}`],
    ['a text', 'a text of thirty-two bytes here!'],
  ])('is accepted by the reference library: %s', (_, secret) => {
    const format = secret.startsWith('whsec_') ? {} : { format: 'raw' as const };
    const headers = signedHeaders(readKey(secret, refuse), 'msg_1', now(), '{"a":"ü"}');
    expect(new Webhook(secret, format).verify('{"a":"ü"}', headers)).toEqual({ a: 'ü' });
    expect(() => new Webhook(secret, format).verify('{"a":"u"}', headers)).toThrow('No matching signature');
  });

  test.each([
    ['', 0],
    ['too short', 9],
    [`whsec_${Buffer.alloc(16).toString('base64')}`, 16],
    ['x'.repeat(65), 65],
  ])('a key of another length is refused: %s', (secret, bytes) => {
    expect(() => readKey(secret, refuse)).toThrow(`has ${bytes} bytes and needs 24 to 64`);
  });
});
