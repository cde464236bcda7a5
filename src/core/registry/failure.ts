import { SlipwayError } from '../errors.ts';
import { retryAfter } from '../retry-after.ts';
import type { Incoming } from './transport.ts';

const passing = new Set([408, 425, 429, 500, 502, 503, 504]);

/** A registry's refusal, with the status for those who handle some of them. */
export class RegistryError extends SlipwayError {
  readonly status: number;
  /** Milliseconds that the registry asked us to wait (Retry-After). */
  readonly wait: number | undefined;
  /** Whether the same may succeed when it is tried again. */
  readonly passing: boolean;
  /** The registry's own codes, such as `DIGEST_INVALID` (distribution specification, "Error Codes"). */
  readonly reasons: readonly string[];

  constructor(
    code: string,
    message: string,
    options: {
      status: number;
      hint: string;
      wait?: number | undefined;
      passing?: boolean;
      reasons?: readonly string[];
    },
  ) {
    super(code, message, { hint: options.hint });
    this.status = options.status;
    this.wait = options.wait;
    this.passing = options.passing ?? passing.has(options.status);
    this.reasons = options.reasons ?? [];
  }
}

interface Kind {
  readonly code: string;
  readonly hint: (host: string) => string;
}

const kinds: Record<number, Kind> = {
  401: {
    code: 'REGISTRY_UNAUTHORIZED',
    hint: host =>
      host === 'ghcr.io'
        ? 'Pass the step `env: GITHUB_TOKEN: ${{ github.token }}`, with `permissions: packages: write`; or give registry-username and registry-password.'
        : 'Give registry-username and registry-password, or run `docker login` before this step.',
  },
  403: {
    code: 'REGISTRY_FORBIDDEN',
    hint: host =>
      host === 'ghcr.io'
        ? 'Give the job `permissions: packages: write`; if the package exists, open its settings, "Manage Actions access", and add this repository with the role Write.'
        : 'The account may not do this: check its rights on the repository.',
  },
  404: {
    code: 'REGISTRY_NOT_FOUND',
    hint: () => 'Check the name; some registries want the repository to be created first.',
  },
  413: { code: 'REGISTRY_TOO_LARGE', hint: () => 'Raise the limit of the registry or of the proxy in front of it.' },
  429: { code: 'REGISTRY_BUSY', hint: () => 'The registry limits how often it is asked: log in, or run again later.' },
};
const server: Kind = { code: 'REGISTRY_UNAVAILABLE', hint: () => 'Look at the registry’s own log or status page.' };
const other: Kind = { code: 'REGISTRY_REFUSED', hint: () => 'The registry’s reason is in the message.' };

/** Makes an error of an answer; reads its body. `who` says with which credentials we came. */
export async function failureOf(answer: Incoming, host: string, who: string): Promise<RegistryError> {
  const kind = kinds[answer.status] ?? (answer.status >= 500 ? server : other);
  const { reason, codes } = reasonOf(await answer.bytes(64 * 1024).catch(() => Buffer.alloc(0)));
  const as = answer.status === 401 || answer.status === 403 ? ` (${who})` : '';
  return new RegistryError(kind.code, `${host} answered ${answer.status}${as}${reason === '' ? '' : `: ${reason}`}`, {
    status: answer.status,
    hint: kind.hint(host),
    wait: retryAfter(answer.headers['retry-after'], Date.now()),
    reasons: codes,
  });
}

/** The registry's own words, on one line: its JSON errors, else the beginning of a short text (not of an HTML page). */
function reasonOf(body: Buffer): { readonly reason: string; readonly codes: readonly string[] } {
  const text = body.toString('utf8').trim();
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: string; message?: string; detail?: unknown }[] };
    if (Array.isArray(errors)) {
      const codes = errors.map(one => one.code).filter(code => typeof code === 'string');
      return {
        reason: oneLine(errors.map(one => [one.code, one.message].filter(Boolean).join(' ')).join('; ')),
        codes,
      };
    }
  } catch {
    // not JSON
  }
  return { reason: text.startsWith('<') ? '' : oneLine(text), codes: [] };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
