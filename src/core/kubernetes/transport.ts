import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { deadline } from '../deadline.ts';
import { SlipwayError } from '../errors.ts';
import { type CredentialSource, credentialSource, fileOrData } from './credentials.ts';
import type { Access } from './kubeconfig.ts';

/** One HTTP exchange with the API server. The body of the answer is not read yet. */
export type Send = (message: Message) => Promise<IncomingMessage>;

export interface Message {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds until the answer's head must be there. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** Fetch new credentials first. */
  readonly renew?: boolean;
}

/**
 * Connections with the cluster's certificate authority and the user's credentials. Connections are kept and used again;
 * the agent is made anew when a plugin gives another client certificate.
 */
export async function transport(access: Access): Promise<Send & Disposable> {
  const { cluster } = access;
  if (cluster.proxyUrl) {
    throw new SlipwayError(
      'KUBECONFIG_UNSUPPORTED',
      `the cluster "${cluster.name}" is reached by proxy-url, which is not supported`,
      {
        hint: 'Run the action where the API server can be reached directly, or open a tunnel in a step before.',
      },
    );
  }
  const url = new URL(cluster.server);
  const secure = url.protocol === 'https:';
  const ca = await fileOrData(cluster.caFile, cluster.caData);
  const credentials: CredentialSource = credentialSource(access);
  let agent: HttpAgent | HttpsAgent | undefined;
  let certificate: string | Buffer | undefined;

  const send = async (message: Message): Promise<IncomingMessage> => {
    using limited = deadline(
      message.timeout,
      `${message.method} ${url.host}${message.path.split('?')[0]}`,
      message.signal,
    );
    limited.throwIfAborted();
    const { headers, cert, key } = await credentials(limited, message.renew);
    if (agent === undefined || certificate !== cert) {
      agent?.destroy();
      certificate = cert;
      const tls = {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert, key }),
        ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
        rejectUnauthorized: !cluster.skipTLSVerify,
      };
      agent = secure
        ? new HttpsAgent({ keepAlive: true, maxSockets: 64, ...tls })
        : new HttpAgent({ keepAlive: true, maxSockets: 64 });
    }
    const body = message.body === undefined ? undefined : Buffer.from(message.body);
    // awaited here, or the deadline would be over as soon as the request has been begun
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)({
        host: url.hostname.replaceAll(/[[\]]/g, ''),
        port: url.port || (secure ? 443 : 80),
        method: message.method,
        path: `${url.pathname.replace(/\/$/, '')}${message.path}`,
        agent: agent!,
        headers: {
          accept: 'application/json',
          'user-agent': 'slipway',
          ...headers,
          ...message.headers,
          ...(body === undefined ? {} : { 'content-length': String(body.length) }),
        },
      });
      const stop = () => request.destroy(limited.reason);
      limited.addEventListener('abort', stop, { once: true });
      request.once('response', answer => {
        limited.removeEventListener('abort', stop);
        resolve(answer);
      });
      request.once('error', reject);
      request.end(body);
    });
  };
  return Object.assign(send, { [Symbol.dispose]: () => agent?.destroy() });
}

/** Reads a whole body, with a deadline and a size limit: 64 MiB holds the largest list a cluster gives. */
export async function readBody(answer: IncomingMessage, timeout: number, signal?: AbortSignal): Promise<string> {
  using limited = deadline(timeout, 'reading the answer of the API server', signal);
  const stop = () => answer.destroy(limited.reason);
  limited.addEventListener('abort', stop, { once: true });
  if (limited.aborted) stop();
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer) {
      size += (chunk as Buffer).length;
      if (size > 64 * 1024 * 1024)
        throw new SlipwayError('KUBE_ANSWER_TOO_LARGE', 'the API server’s answer is larger than 64 MiB');
      chunks.push(chunk as Buffer);
    }
    if (!answer.complete) throw Object.assign(new Error('the API server’s answer ended early'), { code: 'ECONNRESET' });
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    limited.removeEventListener('abort', stop);
  }
}
