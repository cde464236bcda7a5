import { SlipwayError } from '../errors.ts';

/** The agent's answer to a request that it would not or could not carry out. */
export class Refusal extends SlipwayError {}

/** Words and advice for what an agent refused, by its code. */
export type Explain = (code: string, detail: string) => readonly [message: string, hint: string];

export function refusal(code: string, detail: string, place: string, explain: Explain): Refusal {
  const [message, hint] = explain(code, detail);
  return new Refusal(code, `${place}: ${message}`, { hint, cause: detail });
}
