import { type HttpCheck, type Route, shownUrl } from '../check.ts';
import { expect } from '../expectations.ts';
import { type Answer, exchange, type Request } from '../http.ts';
import { ProbeFailure } from '../observation.ts';
import { redirected } from '../redirects.ts';
import { hasStatus } from '../status-set.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';

/** The request and its redirects, and whether the last answer is as the check wants it. */
export async function http(check: HttpCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  const answer = await follow(check, options, trace);
  expect(check, answer);
  return `status ${answer.status}`;
}

/** The answer at the end of all redirects. */
export async function follow(check: HttpCheck, options: AttemptOptions, trace: Trace): Promise<Answer> {
  let sent: Request = check;
  const seen = new Set<string>();
  for (;;) {
    seen.add(`${sent.method} ${sent.url.href}`);
    const { only: _, ...others } = options;
    // Socket and addresses are those of the check's own origin.
    const same = sent.url.origin === check.url.origin;
    const manner = same ? { ...options, check, route: check } : { ...others, check, route: elsewhere(check) };
    const answer = await exchange(sent, manner, trace);
    const next = hasStatus(check.status, answer.status) ? undefined : redirected(sent, answer);
    if (next === undefined || check.redirects === 0) return answer;
    const to = shownUrl(next.url);
    if (seen.has(`${next.method} ${next.url.href}`)) {
      throw new ProbeFailure('redirect', `redirected in a circle: ${[...trace.redirects, to].join(' → ')}`, {
        retriable: false,
      });
    }
    if (trace.redirects.length === check.redirects) {
      throw new ProbeFailure('redirect', `redirected more than ${check.redirects} times, at last to ${to}`, {
        retriable: false,
      });
    }
    trace.again(to);
    sent = next;
  }
}

/** The way to another origin: names that were given addresses keep them, the check's own address is not meant for others. */
function elsewhere({ socket: _, resolve, ...route }: HttpCheck): Route {
  const { '*': __, ...named } = resolve ?? {};
  return { ...route, resolve: named };
}
