import { messageOf } from '../errors.ts';
import { ApiError } from './api-error.ts';
import { misfit } from './refusal.ts';

const passing = [429, 500, 502, 503, 504];
/** Nothing has been sent yet when these happen. */
const before = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'];
const during = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'UND_ERR_SOCKET'];

/**
 * Whether a failed request may be sent again: an API server that restarts refuses, resets, or answers 429/5xx for some seconds.
 * A POST that may have arrived is not repeated: it would create twice.
 */
export function mayRetry(error: unknown, method: string, harmless: boolean): boolean {
  const twice = method !== 'POST' || harmless;
  if (error instanceof ApiError) {
    if ((error as { again?: boolean }).again) return true; // a 401 with kept credentials: once more with new ones
    if (misfit.test(error.said)) return false; // a manifest that never fits, though its status is 500
    if (error.status === 410 && method === 'GET') return true; // a version too old: the next try asks for the present one
    return error.status === 429 || (twice && passing.includes(error.status));
  }
  const code = codeOf(error);
  if (before.includes(code)) return true;
  return twice && (during.includes(code) || code === 'DEADLINE' || /socket hang up|ended early/.test(messageOf(error)));
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return String((error as { code?: unknown } | null)?.code ?? '');
}
