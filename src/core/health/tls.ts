import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { messageOf } from '../errors.ts';
import { formatDuration } from '../units.ts';
import type { TlsWish } from './check.ts';
import { type Certificate, ProbeFailure } from './observation.ts';
import type { Trace } from './trace.ts';

/** TLS over an open stream; the certificates go into the trace, also when they are then refused. */
export async function secure(
  stream: Duplex,
  host: string,
  options: TlsWish & { readonly signal: AbortSignal; readonly alpn?: readonly string[] },
  trace: Trace,
): Promise<TLSSocket> {
  const { checkServerIdentity, connect } = await import('node:tls'); // plain HTTP has no need of it
  options.signal.throwIfAborted();
  trace.enter('tls');
  // Names are not sent for addresses (RFC 6066). The verdict is read after the handshake, to see the certificate.
  const name = options.serverName ?? host;
  const socket = connect({
    socket: stream,
    ...(isIP(name) === 0 && name !== '' ? { servername: name } : {}),
    ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.certificate === undefined
      ? {}
      : { cert: options.certificate, key: options.key ?? options.certificate }),
    ...(options.protocol === undefined ? {} : { minVersion: `TLSv${options.protocol}` as const }),
    // Both are judged below: by itself, Node would compare the name of an address with "localhost".
    checkServerIdentity: () => undefined,
    rejectUnauthorized: false,
  });
  await new Promise<void>((resolve, reject) => {
    const stop = () => settle(() => reject(options.signal.reason));
    const failed = (error: Error) => settle(() => reject(handshakeFailure(error)));
    const ended = () => settle(() => reject(new ProbeFailure('reset', 'closed during the TLS handshake')));
    const settle = (then: () => void) => {
      options.signal.removeEventListener('abort', stop);
      socket.off('close', ended);
      then();
    };
    options.signal.addEventListener('abort', stop, { once: true });
    socket.once('secureConnect', () => settle(resolve));
    socket.on('error', failed); // stays: an error after the handshake must not end the process
    socket.once('close', ended);
  }).catch(error => {
    socket.destroy();
    throw error;
  });
  const shown = socket.getPeerCertificate(true);
  const [own, ...chain] = chainOf(shown, socket.getProtocol() ?? 'unknown');
  trace.certificate = own;
  trace.chain = chain;
  trace.leave('tls');
  const problem = options.insecure ? undefined : (socket.authorizationError ?? checkServerIdentity(name, shown));
  const said = problem ? refusal(problem, own!, name) : endsSoon([own!, ...chain], options.validFor, Date.now());
  if (said === undefined) return socket;
  socket.destroy();
  throw new ProbeFailure('tls', said, { retriable: false });
}

/** The server's certificate and those above it; a chain that was not completed here ends earlier. */
function chainOf(shown: DetailedPeerCertificate, protocol: string): Certificate[] {
  const chain: DetailedPeerCertificate[] = [];
  for (let one = shown; one !== undefined && !chain.includes(one); one = one.issuerCertificate) chain.push(one);
  return chain.map(one => certificateOf(one, protocol));
}

/** Which certificate of a chain ends before the time wanted. A self-signed root is trusted for itself, not for its dates. */
export function endsSoon(chain: readonly Certificate[], validFor: number | undefined, now: number): string | undefined {
  if (validFor === undefined) return undefined;
  const soon = chain.find((one, index) => {
    const isRoot = index > 0 && one.subject === one.issuer;
    return !isRoot && Date.parse(one.validTo) - now < validFor;
  });
  if (soon === undefined) return undefined;
  const left = Date.parse(soon.validTo) - now;
  const days = `${Math.floor(Math.abs(left) / 86_400_000)} days`;
  const when = left < 0 ? `ended ${days} ago` : `ends in ${days}`;
  return `the certificate for ${soon.names.join(', ') || soon.subject} ${when}, on ${soon.validTo.slice(0, 10)}; wanted: valid for ${formatDays(validFor)}`;
}

function formatDays(ms: number): string {
  return ms >= 86_400_000 ? `${Number((ms / 86_400_000).toFixed(1))} days` : formatDuration(ms);
}

function handshakeFailure(error: Error): ProbeFailure {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new ProbeFailure('reset', 'reset during the TLS handshake', { cause: error });
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return new ProbeFailure('tls', 'TLS handshake: the server speaks no such version of TLS', {
      retriable: false,
      cause: error,
    });
  }
  const plain = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
  const why = plain ? 'the server does not speak TLS on this port' : messageOf(error).replace(/\s+/g, ' ').trim();
  return new ProbeFailure('tls', `TLS handshake: ${why}`, { cause: error });
}

const explained: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its chain ends at a self-signed certificate that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its chain is not complete, or its authority is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not trusted here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
};

function refusal(problem: unknown, certificate: Certificate, host: string): string {
  const code = String((problem as NodeJS.ErrnoException | undefined)?.code ?? problem);
  const why = code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? `it is not for ${host}` : (explained[code] ?? code);
  const names = certificate.names.join(', ') || 'no name';
  return `the certificate is refused: ${why} (for ${names}, valid ${certificate.validFrom.slice(0, 10)} to ${certificate.validTo.slice(0, 10)}, by ${certificate.issuer})`;
}

function certificateOf(shown: DetailedPeerCertificate, protocol: string): Certificate {
  const time = (text: string | undefined) => (text === undefined ? '' : new Date(text).toISOString());
  return {
    subject: shown.subject?.CN?.toString() ?? '',
    issuer: shown.issuer?.CN?.toString() ?? shown.issuer?.O?.toString() ?? '',
    names: (shown.subjectaltname ?? '')
      .split(', ')
      .filter(Boolean)
      .map(name => name.replace(/^(DNS|IP Address):/, '')),
    validFrom: time(shown.valid_from),
    validTo: time(shown.valid_to),
    fingerprint256: shown.fingerprint256 ?? '',
    protocol,
  };
}
