import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { type BlockList, isIP, type Socket } from 'node:net';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { isLoopback } from '../../core/registry/endpoint.ts';
import { misuse } from '../options.ts';
import type { Settings } from './settings.ts';

/** Milliseconds: somebody who sends slowly is cut off; headers, and the whole request. */
const [forHeaders, forRequest] = [5000, 15_000];
/** Connections at a time; the next ones are closed. */
const mostConnections = 64;

/** Where it listens: `:8443`, `127.0.0.1:8080`, `[::1]:8080`. */
export function parseListen(text: string): { host: string | undefined; port: number } {
  const [, host = '', port = ''] = /^(\[[0-9a-fA-F:]+\]|[^:[\]]*):(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > 65_535) throw misuse(`--listen is "${text}"`, 'Give :PORT or ADDRESS:PORT.');
  return { host: host.replace(/^\[|\]$/g, '') || undefined, port: Number(port) };
}

/**
 * Listens, with bounds for whoever is out there.
 *
 * @throws SlipwayError TLS_MISSING where anything but this machine itself would be served in plain text; LISTEN_FAILED
 */
export async function listen(at: string, { tls, allowed }: Settings, handle: RequestListener): Promise<Server> {
  const { host, port } = parseListen(at);
  if (tls === undefined && !isLoopback(host ?? ''))
    throw new SlipwayError('TLS_MISSING', `${at} would be served without TLS`, {
      hint: 'Nothing was begun. Give `serve` of slipway.yml tls: { certificate: PATH, key: PATH }, or listen on 127.0.0.1 behind a proxy that has it.',
    });
  const limits = {
    headersTimeout: forHeaders,
    requestTimeout: forRequest,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 2000,
    maxHeaderSize: 16_384,
  };
  const server = tls === undefined ? createServer(limits, handle) : await secure(tls, limits, handle);
  server.maxConnections = mostConnections;
  server.maxRequestsPerSocket = 100;
  server.on('connection', (socket: Socket) => {
    if (!isAllowed(allowed, socket.remoteAddress)) socket.destroy();
  });
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(new SlipwayError('LISTEN_FAILED', `listening on ${at}: ${messageOf(error)}`, { cause: error })),
    );
    server.listen({ port, host }, resolve);
  });
  return server;
}

async function secure(paths: NonNullable<Settings['tls']>, limits: object, handle: RequestListener) {
  const { createServer } = await import('node:https');
  const server = createServer({ ...limits, ...(await certificateOf(paths)), handshakeTimeout: forHeaders }, handle);
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return server;
}

/** Takes the certificate that the files have now: one that was renewed. */
export async function renew(server: Server, { tls }: Settings): Promise<void> {
  if (tls !== undefined) (server as unknown as SecureServer).setSecureContext(await certificateOf(tls));
}

async function certificateOf({ certificate, key }: NonNullable<Settings['tls']>) {
  const read = (path: string) =>
    readFile(path).catch(error => {
      throw new SlipwayError('CERTIFICATE_INVALID', `${path} cannot be read: ${error.code}`, { cause: error });
    });
  const pair = { cert: await read(certificate), key: await read(key), minVersion: 'TLSv1.2' as const };
  const { createSecureContext } = await import('node:tls');
  try {
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new SlipwayError(
      'CERTIFICATE_INVALID',
      `${certificate} and ${key} are no certificate and its key: ${messageOf(error)}`,
      { hint: 'Both are PEM; the certificate has its chain in the same file, its own first.', cause: error },
    );
  }
}

/** An IPv4 client of a socket for both is `::ffff:192.0.2.1`. */
export function isAllowed(allowed: BlockList | undefined, address: string | undefined): boolean {
  if (allowed === undefined) return true;
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return allowed.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}
