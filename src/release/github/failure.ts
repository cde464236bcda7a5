import { SlipwayError } from '../../core/errors.ts';
import { retryAfter } from '../../core/retry-after.ts';

/** An answer of GitHub that is a failure. */
export class GitHubError extends SlipwayError {
  readonly status: number;
  /** Another try may succeed. */
  readonly passing: boolean;
  /** Milliseconds that GitHub asks to wait before it. */
  readonly wait: number;
  /** Of a 422, what was wrong with each field: `already_exists`, `missing_field`, `custom`. */
  readonly reasons: readonly string[];

  constructor(
    code: string,
    message: string,
    options: { status: number; hint: string; passing?: boolean; wait?: number; reasons?: readonly string[] },
  ) {
    super(code, message, { hint: options.hint });
    this.status = options.status;
    this.passing = options.passing ?? false;
    this.wait = options.wait ?? 0;
    this.reasons = options.reasons ?? [];
  }
}

/** What of an answer tells why it is a failure. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Its JSON, or undefined when it is none. */
  readonly body: unknown;
}

/** A key of a workflow's `permissions` and what it has to allow: `deployments: write`. */
export type Permission = `${string}: ${'read' | 'write'}`;

/**
 * Pure: what a failed answer means, whether another try may help, and what to do.
 *
 * @param doing "creating the deployment to production in acme/hello"
 * @param needs what the token has to allow, for when GitHub does not say so itself
 * @param now milliseconds since the epoch
 */
export function failureOf(answer: Answer, doing: string, needs: Permission, now: number): GitHubError {
  const { status } = answer;
  const { message, errors } = bodyOf(answer.body);
  const saw = `${doing}: GitHub answers ${status}${message === '' ? '' : ` (${message})`}`;
  const wait = rateLimit(answer, message, now);
  if (wait !== undefined) {
    return new GitHubError('GITHUB_RATE_LIMIT', `${saw}; it wants to be asked again in ${Math.ceil(wait / 1000)} s`, {
      status,
      passing: true,
      wait,
      hint: 'The limit holds for the token, of all runs in the repository together. Run again later, or fewer at once.',
    });
  }
  switch (status) {
    case 401:
      return new GitHubError('GITHUB_UNAUTHORIZED', saw, {
        status,
        hint: 'The token has ended or belongs to another server. In a workflow: env: { GITHUB_TOKEN: "${{ github.token }}" }.',
      });
    case 403: {
      const missing = accepted(answer.headers['x-accepted-github-permissions'], needs);
      return new GitHubError('GITHUB_PERMISSION', `${saw}: the token lacks ${missing}`, {
        status,
        hint: `Write in the job, and in each workflow that calls it: permissions: { ${missing}, … }; list there all that it needs, as what is not listed is taken away. The pull request of a fork gets a token that only reads.`,
      });
    }
    case 404:
      return new GitHubError('GITHUB_NOT_FOUND', saw, {
        status,
        hint: `To a token without access a private repository is not there: it needs ${needs}.`,
      });
    case 422:
      return new GitHubError('GITHUB_REFUSED', [saw, ...errors.map(textOf)].join('; '), {
        status,
        reasons: errors.flatMap(error => error.code ?? []),
        hint: 'GitHub does not take this request as it is; what it says stands above.',
      });
    default:
      return new GitHubError('GITHUB_FAILED', saw, {
        status,
        passing: status >= 500,
        hint:
          status >= 500
            ? 'Look at https://www.githubstatus.com and run again.'
            : 'GitHub does not take this request in the present state; what it says stands above.',
      });
  }
}

/** Milliseconds without a word of GitHub about it: its documentation asks for a minute at least. */
const unsaid = 60_000;

/**
 * Milliseconds to wait when the answer is a rate limit, as GitHub documents it: Retry-After, else the time of the reset
 * when nothing is left, else a minute.
 */
function rateLimit({ status, headers }: Answer, message: string, now: number): number | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const said = retryAfter(one(headers['retry-after']), now);
  if (said !== undefined) return said;
  const reset = Number(one(headers['x-ratelimit-reset']) ?? Number.NaN);
  if (one(headers['x-ratelimit-remaining']) === '0' && !Number.isNaN(reset)) return Math.max(0, reset * 1000 - now);
  // A secondary limit without a header differs from a missing permission by its text only.
  return status === 429 || /rate limit/i.test(message) ? unsaid : undefined;
}

/** `issues=write; pull_requests=write` (either will do) as a workflow writes it; what we know to be enough when it is among them. */
function accepted(header: string | string[] | undefined, needs: Permission): string {
  const choices = (one(header) ?? '').split(';').map(choice =>
    choice
      .split(',')
      .map(text => text.trim().replaceAll('_', '-').replace('=', ': '))
      .join(', '),
  );
  return choices.includes(needs) ? needs : choices[0] || needs;
}

interface Detail {
  readonly resource?: string;
  readonly field?: string;
  readonly code?: string;
  readonly message?: string;
}

function bodyOf(body: unknown): { message: string; errors: Detail[] } {
  const { message, errors } = (body ?? {}) as { message?: unknown; errors?: unknown };
  const list = Array.isArray(errors) ? errors : [];
  return {
    message: typeof message === 'string' ? message : '',
    errors: list.map(error => (typeof error === 'string' ? { message: error } : (error as Detail))),
  };
}

function textOf({ resource, field, code, message }: Detail): string {
  return message ?? [[resource, field].filter(Boolean).join('.'), code].filter(Boolean).join(' ');
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
