import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** A request on its way to the API server. */
export interface Asked {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly watch: boolean;
  readonly authorization: string | undefined;
}

/** What the API server has answered, though nobody has heard of it yet. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What goes wrong with one request. `forward` lets the API server do what it was asked. */
export interface Fault {
  readonly name: string;
  /** Whether a real API server would do this to such a request. */
  readonly fits: (asked: Asked) => boolean;
  readonly happen: (outgoing: ServerResponse, forward: () => Promise<Answered>) => unknown;
}

/** Lists, and reads of what stands in a list's place; an object's own path has its name after the resource's. */
const isList = ({ method, path, watch }: Asked) => method === 'GET' && !watch && /\/[a-z]+s$/.test(path);
const isWrite = ({ method }: Asked) => ['PATCH', 'PUT', 'DELETE'].includes(method);
const whole = ({ watch }: Asked) => !watch;

export const says = (
  status: number,
  reason: string,
  headers: Record<string, string> = {},
  fits: Fault['fits'] = () => true,
): Fault => ({
  name: [status, ...Object.keys(headers)].join(' with '),
  fits,
  happen: outgoing => {
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
    outgoing.end(
      JSON.stringify({ kind: 'Status', status: 'Failure', code: status, reason, message: `said ${reason}` }),
    );
  },
});

const cut = (outgoing: ServerResponse) => outgoing.socket?.destroy();

/** Begins a watch's answer, with this much of its first line, and then nothing. */
const watchThatSays = (outgoing: ServerResponse, text: string) => {
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.flushHeaders();
  if (text !== '') outgoing.write(text);
};

export const faults: readonly Fault[] = [
  says(409, 'Conflict', {}, isWrite),
  says(410, 'Expired', {}, isList),
  says(429, 'TooManyRequests'),
  says(429, 'TooManyRequests', { 'retry-after': '1' }),
  says(500, 'InternalError'),
  says(503, 'ServiceUnavailable'),
  { name: 'a reset', fits: () => true, happen: cut },
  {
    name: 'a lost answer',
    fits: whole,
    happen: async (outgoing, forward) => {
      await forward();
      cut(outgoing);
    },
  },
  {
    name: 'half an answer',
    fits: whole,
    happen: async (outgoing, forward) => {
      const { status, headers, body } = await forward();
      outgoing.writeHead(status, headers);
      outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => cut(outgoing));
    },
  },
  {
    name: 'an expired watch',
    fits: ({ watch }) => watch,
    happen: outgoing =>
      watchThatSays(
        outgoing,
        `${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })}\n`,
      ),
  },
  {
    name: 'half a line of a watch',
    fits: ({ watch }) => watch,
    happen: outgoing => {
      watchThatSays(outgoing, '{"type":"MODIFIED","object":{"metadata":{"na');
      setTimeout(cut, 50, outgoing);
    },
  },
  // the last, as it hides for seconds what the others are to be met in
  { name: 'a silent watch', fits: ({ watch }) => watch, happen: outgoing => watchThatSays(outgoing, '') },
];
