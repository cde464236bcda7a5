/**
 * The one error class of the suite. An error is written for the person who reads the log:
 * what failed and where (`message`), what to do (`hint`), and a `code` that tests and scripts can rely on.
 */
export class SlipwayError extends Error {
  /** Stable, upper snake case, e.g. `INPUT_INVALID`. Never test an error by its text. */
  readonly code: string;
  /** What the reader can do about it: one sentence. */
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SlipwayError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** Wraps whatever was thrown, saying what was being done: `wrap('UPLOAD_FAILED', 'uploading layer sha256:…', e)`. */
export function wrap(code: string, doing: string, cause: unknown, hint?: string): SlipwayError {
  const inner = cause instanceof SlipwayError ? cause : undefined;
  const keptHint = hint ?? inner?.hint;
  return new SlipwayError(inner?.code ?? code, `${doing}: ${messageOf(cause)}`, {
    cause,
    ...(keptHint === undefined ? {} : { hint: keptHint }),
  });
}

/** The message of anything that can be thrown; network errors carry theirs in nested causes or only as a code. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  const text = error.message || code || error.name;
  const inner = !(error instanceof SlipwayError) && error.cause instanceof Error ? messageOf(error.cause) : '';
  return inner !== '' && !text.includes(inner) ? `${text} (${inner})` : text;
}

/**
 * First line: what failed, with its code; second line: what to do. An annotation shows these two; whatever else the
 * message has (the end of a program's output) follows them.
 */
export function describe(error: unknown): string {
  if (!(error instanceof SlipwayError)) return messageOf(error);
  const [first = '', ...rest] = error.message.split('\n');
  return [`${first} [${error.code}]`, ...(error.hint === undefined ? [] : [error.hint]), ...rest].join('\n');
}
