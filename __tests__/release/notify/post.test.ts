import { describe, expect, jest, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { tellAll } from '../../../src/release/notify/index.ts';
import { events } from '../../../src/release/notify/news.ts';
import { postJson } from '../../../src/release/notify/post.ts';
import type { Receiver } from '../../../src/release/notify/receivers.ts';
import { listener, news } from './support.ts';

const signal = new AbortController().signal;
const post = (url: URL, within = 20_000) => postJson(url, '{}', () => ({}), { within, signal });
const key = Buffer.alloc(32, 7);

describe('posting news', () => {
  test('is tried again while the answer may pass, with the time that was asked for', async () => {
    await using on = await listener({ status: 500 }, { status: 429, headers: { 'retry-after': '1' } }, { status: 204 });
    const began = Date.now();
    await post(on.url);
    expect(on.heard).toHaveLength(3);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1000);
  });

  test.each([400, 401, 404, 410])('%d is final, and said without the address', async status => {
    await using on = await listener({ status });
    await expect(post(on.url)).rejects.toMatchObject({
      code: 'NOTIFY_REFUSED',
      message: `${on.url.host} answered with ${status}`,
    });
    expect(on.heard).toHaveLength(1);
  });

  test('a redirect is not followed', async () => {
    await using elsewhere = await listener({ status: 200 });
    await using on = await listener({ status: 307, headers: { location: String(elsewhere.url) } });
    await expect(post(on.url)).rejects.toMatchObject({ code: 'NOTIFY_REFUSED' });
    expect(elsewhere.heard).toHaveLength(0);
  });

  test('longer than the time that it has is not waited', async () => {
    await using on = await listener({ status: 503, headers: { 'retry-after': '3600' } });
    await expect(post(on.url, 5000)).rejects.toMatchObject({ code: 'NOTIFY_REFUSED' });
    expect(on.heard).toHaveLength(1);
  });

  test('who does not answer is given up', async () => {
    const on = await listener({ status: 204 });
    const { url } = on;
    await on[Symbol.asyncDispose]();
    await expect(post(url, 1000)).rejects.toMatchObject({ code: expect.stringMatching(/^(NOTIFY|RETRIES|DEADLINE)/) });
  });
});

describe('telling all', () => {
  const to = (name: string, url: URL, on: Receiver['on'] = events): Receiver => ({
    name,
    on,
    kind: 'webhook',
    url,
    key,
  });

  test('those who asked for it get it, signed; who cannot be told is a warning', async () => {
    const log = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    await using good = await listener({ status: 500 }, { status: 200 });
    await using bad = await listener({ status: 403 });
    await using other = await listener({ status: 200 });
    await tellAll([to('one', good.url), to('two', bad.url), to('three', other.url, ['verified'])], news, signal);
    const said = log.mock.calls.map(([line]) => String(line)).join('');
    log.mockRestore();
    const [first, again] = good.heard;
    const headers = again!.headers as Record<string, string>;
    expect(new Webhook(key, { format: 'raw' }).verify(again!.body, headers)).toEqual(news);
    expect(headers['webhook-id']).toBe(first!.headers['webhook-id']); // so that it counts once
    expect(other.heard).toHaveLength(0);
    expect(said).toContain('one was told: rolled-back');
    expect(said).toMatch(/::warning::two was not told: 127\.0\.0\.1:\d+ answered with 403 \[NOTIFY_REFUSED\]/);
  });

  test('also when the run was cancelled', async () => {
    using _ = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    await using on = await listener({ status: 200 });
    await tellAll([to('one', on.url)], news, AbortSignal.abort());
    expect(on.heard).toHaveLength(1);
  });
});
