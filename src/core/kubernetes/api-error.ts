import { SlipwayError } from '../errors.ts';

/** The API server's `Status` object, as far as it is used. */
export interface Status {
  readonly kind?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly kind?: string;
    readonly name?: string;
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { reason?: string; message?: string; field?: string }[];
  };
}

/** An answer of the API server that is no success. `code` is `KUBE_` and the status's reason: KUBE_NOT_FOUND, KUBE_CONFLICT … */
export class ApiError extends SlipwayError {
  /** HTTP status. */
  readonly status: number;
  /** `NotFound`, `Conflict`, `AlreadyExists`, `Forbidden`, `Invalid` …; empty when the answer was no `Status`. */
  readonly reason: string;
  readonly details: Status['details'];
  /** The message alone, or the beginning of a body that is no `Status`. */
  readonly said: string;

  /** Milliseconds that the server asked to wait. */
  readonly wait: number;

  constructor(request: string, httpStatus: number, body: string, wait = 0) {
    const answer = parseStatus(body);
    const reason = answer.reason ?? '';
    const said = answer.message ?? (body.trim().slice(0, 200) || '(no body)');
    super(
      `KUBE_${(reason || `http_${httpStatus}`).replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}`,
      `${request}: ${httpStatus} ${said}`,
      hintOf(httpStatus),
    );
    this.status = httpStatus;
    this.reason = reason;
    this.details = answer.details;
    this.said = said;
    this.wait = wait;
  }
}

/** Whether an error is the API server's answer with this HTTP status (and reason). */
export function isApiError(error: unknown, status: number, reason?: string): error is ApiError {
  return error instanceof ApiError && error.status === status && (reason === undefined || error.reason === reason);
}

function parseStatus(body: string): Status {
  try {
    const data = JSON.parse(body) as Status;
    return data?.kind === 'Status' ? data : {};
  } catch {
    return {};
  }
}

function hintOf(status: number): { hint?: string } {
  if (status === 401)
    return { hint: 'The cluster does not accept the credentials: they may have expired, or be for another cluster.' };
  if (status === 403) return { hint: 'Give the kubeconfig’s user a Role with this verb on this resource.' };
  return {};
}
