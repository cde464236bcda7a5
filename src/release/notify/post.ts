import { retry } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { isPassing } from '../../core/registry/patience.ts';
import { Transport } from '../../core/registry/transport.ts';
import { retryAfter } from '../../core/retry-after.ts';

/** An answer that is no success. */
class Refused extends SlipwayError {
  readonly passing: boolean;
  /** Milliseconds that it asked to wait. */
  readonly wait: number;

  constructor(host: string, status: number, wait: number) {
    super('NOTIFY_REFUSED', `${host} answered with ${status}`);
    this.passing = status === 408 || status === 425 || status === 429 || status >= 500;
    this.wait = wait;
  }
}

/** Milliseconds that one try has, and that pass before the second one. */
const [tryTime, pause] = [10_000, 500];

/** Posts JSON, again while its failure may pass; a redirect is a refusal, since its target was not meant. */
export async function postJson(
  url: URL,
  body: string,
  headers: () => Readonly<Record<string, string>>,
  { within, signal }: { within: number; signal: AbortSignal },
): Promise<void> {
  const transport = new Transport({ idle: tryTime });
  const once = async (limited: AbortSignal) => {
    const answer = await transport.send({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', ...headers() },
      body: Buffer.from(body),
      signal: limited,
    });
    await answer.discard();
    if (answer.status < 200 || answer.status > 299)
      throw new Refused(url.host, answer.status, retryAfter(answer.headers['retry-after'], Date.now()) ?? 0);
  };
  try {
    await retry(once, {
      doing: `telling ${url.host}`,
      within,
      signal,
      attempts: 5,
      pause,
      retriable: error => (error instanceof Refused ? error.passing : isPassing(error)),
      wait: error => (error instanceof Refused ? error.wait : 0),
    });
  } catch (error) {
    throw error instanceof SlipwayError
      ? error
      : new SlipwayError('NOTIFY_UNREACHABLE', `${url.host}: ${messageOf(error)}`, { cause: error });
  } finally {
    transport.close();
  }
}
