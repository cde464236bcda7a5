import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { messageOf } from '../errors.ts';
import { type Certificate, ProbeFailure } from './observation.ts';
import type { Trace } from './trace.ts';

/** TLS over an open stream; the certificate goes into the trace, also when it is then refused. */
export async function secure(
  stream: Duplex,
  host: string,
  options: { readonly insecure: boolean; readonly signal: AbortSignal },
  trace: Trace,
): Promise<TLSSocket> {
  const { checkServerIdentity, connect } = await import('node:tls'); // plain HTTP has no need of it
  trace.enter('tls');
  // Names are not sent for addresses (RFC 6066). The verdict is read after the handshake, to see the certificate.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connect({ socket: stream, ...servername, ALPNProtocols: ['http/1.1'], rejectUnauthorized: false });
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
  const shown = socket.getPeerCertificate();
  trace.certificate = certificateOf(shown, socket.getProtocol() ?? 'unknown');
  trace.leave('tls');
  if (options.insecure) return socket;
  const problem = socket.authorizationError ?? checkServerIdentity(host, shown);
  if (!socket.authorized || problem) {
    socket.destroy();
    throw new ProbeFailure('tls', refusal(problem, trace.certificate, host), { retriable: false });
  }
  return socket;
}

function handshakeFailure(error: Error): ProbeFailure {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new ProbeFailure('reset', 'reset during the TLS handshake', { cause: error });
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

function certificateOf(shown: PeerCertificate, protocol: string): Certificate {
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
