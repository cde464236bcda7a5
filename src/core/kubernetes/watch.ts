import type { IncomingMessage } from 'node:http';
import { deadline, sleep } from '../deadline.ts';
import { retryAfter } from '../retry-after.ts';
import type { Cluster } from './cluster.ts';
import { withQuery } from './cluster.ts';
import type { KubeList, KubeObject } from './objects.ts';
import type { Send } from './transport.ts';

export interface WatchOptions<T> {
  /** What is waited for, for the error: "waiting for Deployment/hello". */
  readonly doing: string;
  /** Milliseconds. */
  readonly within: number;
  readonly signal?: AbortSignal | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Looks at all objects after each change, and at least every `period`; a value other than undefined ends the watch. */
  readonly seen: (objects: readonly KubeObject[]) => T | undefined | Promise<T | undefined>;
  /** Milliseconds between looks when nothing changes; default 1000. */
  readonly period?: number;
}

/** Silence after which it is listed again: a connection that is dead cannot be told from objects that do not change. */
const silence = 5000;

/** Milliseconds before a list after a watch that ended, and at most, where watches are refused time and again. */
const pause = { first: 200, longest: 3000 };

/**
 * Lists, then watches from the list's resourceVersion. A watch that ends, is cut, is silent too long or expired (410)
 * is begun anew by listing: what was missed is then seen. Where watching is refused (403, 429) lists alone do, at a slower
 * pace and not before the time that Retry-After asks for. Ends by `seen`, by the deadline or by the signal.
 */
export async function watchList<T>(cluster: Cluster, send: Send, path: string, options: WatchOptions<T>): Promise<T> {
  const { seen, period = 1000, labelSelector, fieldSelector } = options;
  using limited = deadline(options.within, options.doing, options.signal);
  for (let wait = pause.first; ; ) {
    const query = { labelSelector, fieldSelector };
    const list = await cluster.request<KubeList>('GET', path, { query, signal: limited });
    const objects = new Map(list.items.map(item => [keyOf(item), item]));
    let found = await seen([...objects.values()]);
    if (found !== undefined) return found;
    const changed = follow(
      send,
      withQuery(path, {
        ...query,
        watch: true,
        resourceVersion: list.metadata.resourceVersion,
        allowWatchBookmarks: true,
      }),
      objects,
      limited,
    );
    try {
      while (found === undefined && (await either(changed.next(), period, limited))) {
        found = await seen([...objects.values()]);
      }
    } finally {
      changed.stop();
    }
    if (found !== undefined) return found;
    wait = changed.lived ? pause.first : Math.min(2 * wait, pause.longest);
    await sleep(Math.max(changed.asked, wait * (0.75 + Math.random() / 2)), limited);
  }
}

/** The change, or true when the period is over first; leaves no timer behind. */
async function either(change: Promise<boolean>, period: number, signal: AbortSignal): Promise<boolean> {
  const done = new AbortController();
  try {
    return await Promise.race([change, sleep(period, AbortSignal.any([signal, done.signal])).then(() => true)]);
  } finally {
    done.abort();
  }
}

/** Applies the events of one watch connection to `objects`. `next()` gives true after a change and false when it ended. */
function follow(send: Send, path: string, objects: Map<string, KubeObject>, signal: AbortSignal) {
  const controller = new AbortController();
  const combined = AbortSignal.any([signal, controller.signal]);
  let wake: (alive: boolean) => void = () => undefined;
  let pending: Promise<boolean> = new Promise(resolve => {
    wake = resolve;
  });
  let ended = false;
  let lived = false;
  let asked = 0;
  const tell = (alive: boolean) => {
    const wakeNow = wake;
    pending = alive
      ? new Promise(resolve => {
          wake = resolve;
        })
      : Promise.resolve(false);
    wakeNow(alive);
  };
  const read = async () => {
    const answer = await send({ method: 'GET', path, timeout: 10_000, signal: combined });
    const stop = () => answer.destroy();
    combined.addEventListener('abort', stop, { once: true });
    answer.setTimeout(silence, stop);
    lived = answer.statusCode === 200;
    asked = lived ? 0 : (retryAfter(answer.headers['retry-after'], Date.now()) ?? 0);
    if (!lived) return stop();
    for await (const line of linesOf(answer)) {
      const { type, object } = JSON.parse(line) as { type: string; object: KubeObject };
      if (type === 'ERROR') return stop(); // 410 Gone, mostly
      if (type === 'BOOKMARK') continue;
      if (type === 'DELETED') objects.delete(keyOf(object));
      else objects.set(keyOf(object), object);
      tell(true);
    }
  };
  // Whatever ends a watch (a reset, a truncated line) has one cure: list again.
  void read()
    .catch(() => undefined)
    .finally(() => {
      ended = true;
      tell(false);
    });
  return {
    next: () => (ended ? Promise.resolve(false) : pending),
    stop: () => controller.abort(),
    /** Whether the server began to tell changes at all. */
    get lived() {
      return lived;
    },
    /** Milliseconds that the server asked to wait. */
    get asked() {
      return asked;
    },
  };
}

/** Not by node:readline, which goes on waiting for the lines of a stream that was destroyed. */
async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}
