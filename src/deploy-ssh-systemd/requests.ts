import type { Candidate } from './candidate.ts';
import type { Request } from './host-session.ts';
import { releaseData } from './upload.ts';

// The requests of a deployment, as the agent takes them. Pure.

/** The lock, held until the connection ends. */
export function lockRequest(token: string, who: string): Request {
  return { verb: 'lock', args: [token, who], timeout: 240_000 };
}

/** Refused by STATE_CHANGED when the host is not any more as the facts with this stamp say. */
export function sameRequest(stamp: string): Request {
  return { verb: 'same', args: [stamp] };
}

/** @param program sha256 of what may run already */
export function stateRequest(program: string): Request {
  return { verb: 'state', args: [program] };
}

/** @param files as `stream` makes them */
export function uploadRequest(files: AsyncIterable<Uint8Array>): Request {
  return { verb: 'upload', args: [], data: files, timeout: 840_000 };
}

/** The system user of the service. */
export function userRequest(name: string): Request {
  return { verb: 'user', args: [name] };
}

/** @param share the service's folder on a share, where the large files lie there */
export function releaseRequest(candidate: Candidate, service: string, share?: string): Request {
  const { listing, parts } = releaseData(candidate, service);
  const data = Buffer.concat([listing, parts]);
  return {
    verb: 'release',
    args: [candidate.id, String(listing.length), ...(share === undefined ? [] : [share])],
    data,
    timeout: 240_000,
  };
}

/** The image of a release that is on the host. */
export function pullRequest(id: string, login: string): Request {
  const data = Buffer.from(login);
  return { verb: 'pull', args: [id, String(data.length)], data, timeout: 840_000 };
}

/** A unit that systemd refuses would end what serves and start nothing. What lies on a share it waits for. */
export function verifyRequest(id: string): Request {
  return { verb: 'verify', args: [id], timeout: 120_000 };
}

/**
 * @param seconds after which the host takes it back by itself
 * @param way how a process that runs may take it up: `upgrade-USR2`, `reload-HUP`; else `restart`
 */
export function switchRequest(
  token: string,
  { id, kind }: { readonly id: string; readonly kind: string },
  seconds: number,
  by: string,
  way: string,
): Request {
  // a host with no time to spare still switches; should it take too long, its own timer takes it back
  return {
    verb: 'switch',
    args: [token, id, kind, String(seconds), Buffer.from(by).toString('base64'), way],
    timeout: 120_000,
  };
}

/** A confirmed first release is stopped and its unit removed. */
export function withdrawRequest(token: string, id: string, by: string): Request {
  return { verb: 'withdraw', args: [token, id, by], timeout: 60_000 };
}

/** What the host waits for before it answers a look at the unit: a second at most, as a cancelled run has to get through. */
const longestWait = 1000;

/**
 * A look at the unit. It is answered when there is news, after `wait` milliseconds at the latest: that the start came to
 * an end, or (`steady`) that this process has fallen.
 */
export function watchRequest(
  token: string,
  options: { hash?: boolean; wait?: number; steady?: { pid: number; restarts: number } } = {},
): Request {
  const { hash = false, wait = 0, steady } = options;
  const tenths = Math.floor(Math.max(0, Math.min(wait, longestWait)) / 100);
  const process = steady === undefined ? [] : [String(steady.pid), String(steady.restarts)];
  return { verb: 'watch', args: [token, hash ? 'yes' : 'no', String(tenths), ...process] };
}

/** One run, now, of a job that is switched to and not confirmed. */
export function runRequest(token: string): Request {
  return { verb: 'run', args: [token] };
}

/** Refused by NOT_STEADY when it is another process by now. */
export function confirmRequest(token: string, { pid, restarts }: { pid: number; restarts: number }): Request {
  return { verb: 'confirm', args: [token, String(pid), String(restarts)] };
}
