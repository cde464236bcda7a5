import { hostPort, type TcpCheck } from '../check.ts';
import { openStream } from '../connect.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';

/** A connection, and the dialogue over it where the check has one. */
export async function tcp(check: TcpCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  const to = { secure: false, host: check.host, port: check.port };
  const inner = { ...options, route: check };
  const stream =
    check.proxy === undefined
      ? await openStream(to.host, to.port, inner, trace)
      : await (await import('../proxy.ts')).openThrough({ ...to, secure: true }, inner, trace);
  const place = check.socket ?? hostPort(check.host, check.port);
  if (check.dialogue === undefined) {
    stream.destroy();
    return `${place} accepts connections`;
  }
  const { talk } = await import('./dialogue.ts');
  const said = await talk(stream, check, options.signal, trace);
  return said === undefined ? `${place} took what was sent` : `${place} says ${JSON.stringify(said)}`;
}
