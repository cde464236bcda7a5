import { wrap } from '../../errors.ts';
import { maskSecret } from '../../mask.ts';
import { failureOf } from '../failure.ts';
import { patiently } from '../patience.ts';
import { type Outgoing, Transport } from '../transport.ts';

const limit = 1024 * 1024;
/** Milliseconds for one request with all its tries. */
const within = 60_000;

/** What a login needs of its surroundings. */
export interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onRetry: (message: string) => void;
}

export interface Question extends Pick<Outgoing, 'method' | 'headers'> {
  readonly url: string | URL;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: object;
  /** For errors: "assuming the role arn:…". */
  readonly doing: string;
  /** What to check when it is refused. */
  readonly hint: string;
}

/** One request of a login, tried again while its failure may pass. The answer's text: it holds secrets. */
export async function ask(question: Question, { signal, onRetry }: Place): Promise<string> {
  const { method, url: text, headers, form, json, doing, hint } = question;
  const url = new URL(text);
  const body = form !== undefined ? new URLSearchParams(form).toString() : json && JSON.stringify(json);
  const type = form !== undefined ? 'application/x-www-form-urlencoded' : 'application/json';
  const transport = new Transport();
  try {
    return await patiently({ doing, within, signal, host: url.host, onRetry }, async limited => {
      const answer = await transport.send({
        method,
        url,
        headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': type }), ...headers },
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
        signal: limited,
      });
      if (answer.status !== 200) throw await failureOf(answer, url.host, 'with the identity of this job');
      return (await answer.bytes(limit)).toString('utf8');
    });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw wrap('LOGIN_FAILED', 'logging in', error, hint);
  } finally {
    transport.close();
  }
}

/** A text at a path of a JSON answer, masked in the log from now on. */
export function secretAt(answer: string, path: readonly (string | number)[], { doing, hint }: Question): string {
  let found: unknown;
  try {
    found = path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)?.[key], JSON.parse(answer));
  } catch {
    found = undefined; // the parser's message would quote the answer
  }
  return secret(found, doing, hint);
}

export function secret(found: unknown, doing: string, hint: string): string {
  if (typeof found !== 'string' || found === '') {
    throw wrap('LOGIN_FAILED', doing, new Error('the answer does not hold what was asked for'), hint);
  }
  maskSecret(found);
  return found;
}
