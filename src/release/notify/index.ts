import { randomUUID } from 'node:crypto';
import { describe } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Result } from '../conclude.ts';
import type { Plan } from '../prepare.ts';
import type { Surroundings } from '../surroundings.ts';
import { annotation, annotationsOf } from './annotation.ts';
import { chatBody } from './chat.ts';
import { mail } from './email.ts';
import { type News, newsOf } from './news.ts';
import { postJson } from './post.ts';
import type { Receiver } from './receivers.ts';
import { signedHeaders } from './signature.ts';

export { tells } from './news.ts';
export { type Receiver, readReceivers } from './receivers.ts';

/** Milliseconds that all tries have; a cancelled run has few left. */
const [usual, cancelled] = [30_000, 4000];

/** Tells those who are named in slipway.yml how a run ended. */
export async function notify(
  { request, file, receivers, started }: Plan,
  { env, signal }: Surroundings,
  ending: { readonly result?: Result; readonly error?: unknown },
): Promise<void> {
  if (receivers.length === 0) return;
  const { environment, url } = file;
  const news = newsOf({ mode: request.mode, environment, url, started, env, cancelled: signal.aborted, ...ending });
  if (news !== undefined) await tellAll(receivers, news, signal);
}

/** Tells all receivers who asked for such news, at the same time. Who could not be told is a warning, never an error. */
export async function tellAll(receivers: readonly Receiver[], news: News, signal: AbortSignal): Promise<void> {
  const patience = signal.aborted
    ? { within: cancelled, signal: new AbortController().signal }
    : { within: usual, signal };
  await Promise.all(
    receivers
      .filter(({ on }) => on.includes(news.event))
      .map(receiver =>
        tell(receiver, news, patience).then(
          () => log.info(`${receiver.name} was told: ${news.event}`),
          (error: unknown) => log.warning(`${receiver.name} was not told: ${describe(error)}`),
        ),
      ),
  );
}

async function tell(receiver: Receiver, news: News, patience: { within: number; signal: AbortSignal }): Promise<void> {
  const id = randomUUID();
  if (receiver.kind === 'email') return mail(receiver.mailbox, news, id, patience);
  if (receiver.kind === 'chat') {
    const body = JSON.stringify(chatBody(receiver.format, news));
    return postJson(receiver.url, body, () => ({}), patience);
  }
  if (receiver.kind === 'grafana') {
    const headers = { authorization: `Bearer ${receiver.token}` };
    return postJson(annotationsOf(receiver.url), JSON.stringify(annotation(news)), () => headers, patience);
  }
  const body = JSON.stringify(news);
  const headers = () => signedHeaders(receiver.key, `msg_${id}`, Math.floor(Date.now() / 1000), body);
  return postJson(receiver.url, body, headers, patience);
}
