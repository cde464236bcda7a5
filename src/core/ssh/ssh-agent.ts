import type { Duplex } from 'node:stream';
import type { BaseAgent, ParsedKey } from 'ssh2';
import { deadline } from '../deadline.ts';
import { messageOf, SlipwayError } from '../errors.ts';
import { loadSsh2 } from './load.ts';
import { field, uint32, WireReader } from './wire.ts';

/** A key or certificate that an ssh-agent holds. */
export interface AgentKey {
  /** Wire form. */
  readonly blob: Buffer;
  readonly comment: string;
}

const [listRequest, listAnswer, signRequest, signAnswer] = [11, 12, 13, 14];
const signFlags: Record<string, number> = { sha256: 2, sha512: 4 };
const askTimeout = 10_000;
/** An answer holds public keys or one signature: more than this is no agent. */
const longest = 1 << 20;

/** Where the agent listens: SSH_AUTH_SOCK, on Windows else the pipe of its own service. */
export function agentSocket(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const socket = env['SSH_AUTH_SOCK'] || (platform === 'win32' ? '\\\\.\\pipe\\openssh-ssh-agent' : '');
  if (socket !== '') return socket;
  throw failed('there is none: SSH_AUTH_SOCK is not set');
}

/** All that the agent holds, certificates included (ssh2's own list leaves them out). */
export async function agentKeys(socket: string): Promise<AgentKey[]> {
  const answer = new WireReader(await ask(socket, listAnswer, Buffer.from([listRequest])));
  return Array.from({ length: answer.uint32() }, () => ({ blob: answer.string(), comment: answer.text() }));
}

/** The agent as ssh2 uses it, for this key alone: what else it holds is not offered along with it. */
export async function agentFor(socket: string, { blob }: AgentKey, key: ParsedKey): Promise<BaseAgent> {
  const { BaseAgent } = await loadSsh2();
  type Signed = (error: Error | null, signature?: Buffer) => void;
  return new (class extends BaseAgent {
    override getIdentities(done: (error: Error | undefined, keys?: ParsedKey[]) => void): void {
      done(undefined, [key]);
    }
    override sign(_key: unknown, data: Buffer, options: { hash?: string } | Signed, callback?: Signed): void {
      const done = typeof options === 'function' ? options : callback!;
      const flags = typeof options === 'function' ? 0 : (signFlags[options.hash ?? ''] ?? 0);
      const request = [
        Buffer.from([signRequest]),
        field(blob),
        field(data),
        uint32(key.type === 'ssh-rsa' ? flags : 0),
      ];
      ask(socket, signAnswer, Buffer.concat(request)).then(
        answer => {
          const signature = new WireReader(new WireReader(answer).string());
          signature.string(); // its algorithm: the one that was asked for
          done(null, signature.string());
        },
        error => done(error),
      );
    }
  })() as BaseAgent;
}

/** One request over a connection of its own, as agents have it. */
async function ask(socket: string, expected: number, request: Buffer): Promise<Buffer> {
  using signal = deadline(askTimeout, 'asking the ssh-agent');
  const stream = await open(socket);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      let received = Buffer.alloc(0);
      signal.addEventListener('abort', () => reject(signal.reason));
      stream.on('error', error => reject(failed(messageOf(error), error)));
      stream.on('close', () => reject(failed('it closed the connection')));
      stream.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        const length = received.length < 4 ? 0 : received.readUInt32BE();
        if (length > longest) return reject(failed('what answers there is no agent'));
        if (received.length < 5 || received.length < 4 + length) return;
        if (received[4] === expected) resolve(received.subarray(5, 4 + length));
        else reject(failed(expected === signAnswer ? 'it refused to sign' : 'it refused to list its keys'));
      });
      stream.write(Buffer.concat([uint32(request.length), request]));
    });
  } finally {
    stream.destroy();
  }
}

/** ssh2 knows the kinds of sockets: those of UNIX, named pipes, and Cygwin's. */
async function open(socket: string): Promise<Duplex> {
  const { createAgent } = await loadSsh2();
  return new Promise((resolve, reject) => {
    createAgent(socket).getStream!((error: Error | null | undefined, stream?: Duplex) =>
      stream === undefined ? reject(failed(`${socket} does not answer`, error)) : resolve(stream),
    );
  });
}

function failed(why: string, cause?: unknown): SlipwayError {
  return new SlipwayError('SSH_AGENT_FAILED', `the ssh-agent cannot be used: ${why}`, {
    hint: 'Start one before this step and load the key (ssh-agent, ssh-add), or give the input "private-key".',
    ...(cause === undefined || cause === null ? {} : { cause }),
  });
}
