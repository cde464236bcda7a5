import { retry } from '../deadline.ts';
import { SlipwayError, wrap } from '../errors.ts';
import { RegistryError } from './failure.ts';

export interface Patience {
  /** For errors: "uploading sha256:… to ghcr.io/acme/hello". */
  readonly doing: string;
  /** Milliseconds for all tries together. */
  readonly within: number;
  readonly signal: AbortSignal;
  /** The registry, for advice. */
  readonly host: string;
  readonly onRetry: (message: string) => void;
}

const attempts = 6;

/** Tries a task again while its failure may pass; waits as long as the registry asks for, when the time allows it. */
export async function patiently<T>(patience: Patience, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { doing, within, signal, host, onRetry } = patience;
  const once = async (limited: AbortSignal) => {
    try {
      return await task(limited);
    } catch (thrown) {
      if (limited.aborted) throw limited.reason;
      throw explain(thrown, host);
    }
  };
  try {
    return await retry(once, {
      doing,
      signal,
      attempts,
      within,
      pause: 250,
      retriable: isPassing,
      wait: waitOf,
      onRetry: error => onRetry(`${doing}: ${(error as Error).message}; trying again`),
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof SlipwayError && error.message.startsWith(doing)) throw error;
    throw wrap('REGISTRY_FAILED', doing, error);
  }
}

function waitOf(error: unknown): number {
  return error instanceof RegistryError ? (error.wait ?? 0) : 0;
}

const passingCodes = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'NETWORK_SILENT',
  'HPE_INVALID_EOF_STATE',
]);

/** Whether another try may succeed: a passing state of the registry or of the network between. */
export function isPassing(error: unknown): boolean {
  if (error instanceof RegistryError) return error.passing;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' && passingCodes.has(code);
}

/** Says what a failed connection means; other errors are passed on as they are. */
function explain(error: unknown, host: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof SlipwayError || typeof code !== 'string') return error;
  const plain = /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/.test(code);
  const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code);
  const hint = plain
    ? `If ${host} speaks plain HTTP, say so: insecure: ${host}`
    : certificate
      ? 'Give the registry’s authority: registry-ca, or NODE_EXTRA_CA_CERTS=FILE.pem in the job’s environment.'
      : code === 'ENOTFOUND'
        ? 'Check the host of the image reference.'
        : 'Check that the registry is up and can be reached from here.';
  const name = plain || certificate ? 'REGISTRY_TLS' : 'REGISTRY_UNREACHABLE';
  const what = plain ? `it does not speak TLS (${code})` : message || code; // OpenSSL's message has several lines
  return new RegistryError(name, `${host}: ${what}`, { status: 0, hint, passing: isPassing(error) });
}
