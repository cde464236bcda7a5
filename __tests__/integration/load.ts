import { get } from 'node:http';
import { endLater } from './leftovers.ts';

/** What a constant load saw: how many requests were answered with 200, what became of the others, and the longest wait. */
export interface Load {
  readonly answered: number;
  readonly failed: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly slowest: number;
}

/** Asks for a URL again and again, with a new connection each time, until it is ended, or the test is. */
export function startLoad(url: string, clients = 4): { readonly end: () => Promise<Load> } {
  let running = true;
  let answered = 0;
  let slowest = 0;
  const failed: Record<string, number> = {};
  const client = async () => {
    while (running) {
      const began = Date.now();
      const outcome = await once(url);
      slowest = Math.max(slowest, Date.now() - began);
      if (outcome === '200') answered++;
      else failed[outcome] = (failed[outcome] ?? 0) + 1;
      await new Promise(resolve => setTimeout(resolve, 2));
    }
  };
  const ended = Promise.all(Array.from({ length: clients }, client));
  const end = async () => {
    running = false;
    await ended;
    return { answered, failed, slowest };
  };
  endLater(end);
  return { end };
}

function once(url: string): Promise<string> {
  return new Promise(resolve => {
    const request = get(url, { timeout: 10_000, agent: false }, response => {
      response.on('data', () => undefined);
      response.on('end', () => resolve(String(response.statusCode)));
      response.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message));
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
