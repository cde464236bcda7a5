import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Job } from './job.ts';
import { type Refused, readPush } from './push.ts';
import type { Queue } from './queue.ts';
import type { Settings } from './settings.ts';
import { isSigned, isSignedBy } from './signature.ts';

/** Refusals that are said one by one each minute; who sends more shall not fill the disk with our log. */
const saidEachMinute = 20;

/** Bytes of bodies that are held at a time, of all connections: whoever may connect has no signature yet. */
const mostHeld = 64 * 1024 * 1024;

/** Answers requests: what is refused is refused as early as it can be, and a push is answered when it is on the disk. */
export function receiver(settings: Settings, queue: Queue, accepted: (job: Job) => void) {
  let [since, count] = [0, 0];
  const held = { bytes: 0 };
  const say = (why: string) => {
    const now = Date.now();
    if (now - since > 60_000) {
      if (count > saidEachMinute) log.info(`${count - saidEachMinute} more were not taken`);
      [since, count] = [now, 0];
    }
    if (++count <= saidEachMinute) log.info(`not taken: ${why}`);
  };
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const taken = refusedUnread(request, settings) ?? (await take(request, settings, queue, held));
      if ('id' in taken) {
        answer(response, 202, { accepted: true, id: taken.id });
        accepted(taken);
      } else {
        say(`${request.socket.remoteAddress}: ${taken.why}`);
        answer(response, taken.status, { accepted: false, why: taken.why });
      }
    } catch (error) {
      if (request.destroyed && !request.complete) return say(`${request.socket.remoteAddress}: it broke off`);
      log.warning(`a push could not be taken: ${describe(error)}`);
      answer(response, 503, { accepted: false, why: 'it could not be written down' });
    }
  };
}

/** What is wrong with a request can often be said before its body is read. */
function refusedUnread({ method, url, headers }: IncomingMessage, { largest }: Settings): Refused | undefined {
  if (url !== '/') return { status: 404, why: 'pushes go to /' };
  if (method !== 'POST') return { status: 405, why: 'pushes are sent by POST' };
  if (!/^application\/json(?:; ?charset=utf-8)?$/i.test(headers['content-type'] ?? ''))
    return { status: 415, why: 'the content type is not application/json' };
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    return { status: 415, why: 'the body is packed (content-encoding)' };
  if (Number(headers['content-length'] ?? 0) > largest) return tooLarge(largest);
  if (!isSigned(headers)) return { status: 401, why: 'it is not signed' };
  return undefined;
}

async function take(
  request: IncomingMessage,
  settings: Settings,
  queue: Queue,
  held: { bytes: number },
): Promise<Job | Refused> {
  const { largest, secret } = settings;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += chunk.length;
      held.bytes += chunk.length;
      // the rest of it is not read
      if (size > largest) return tooLarge(largest);
      if (held.bytes > mostHeld) return { status: 503, why: 'too much is sent at a time' };
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    if (!isSignedBy(secret, request.headers, body, Date.now() / 1000))
      return { status: 401, why: 'the signature is not that of the secret, or its time is not now' };
    const push = readPush(request.headers, body, settings);
    return 'why' in push ? push : await queue.accept(push, body);
  } finally {
    held.bytes -= size;
  }
}

const tooLarge = (largest: number): Refused => ({ status: 413, why: `it has more than ${largest} bytes` });

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed || response.headersSent) return;
  const text = `${JSON.stringify(body)}\n`;
  // what is left of a request is not read, so nothing else can come on its connection
  const rest = response.req.complete ? {} : { connection: 'close' };
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...rest })
    .end(text, () => {
      if (!response.req.complete) response.req.socket.destroySoon();
    });
}
