import { aborted } from '../deadline.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';
import { formatHost, type HostSpec } from './hosts.ts';

/** The use of a shared connection; given back when disposed of, unless it is kept. */
export interface Borrowed extends Disposable {
  readonly connection: Connection;
  /** Keeps it beyond the scope; the function that comes back gives it back. */
  keep(): () => void;
}

/** A connection that is there as long as somebody uses it. */
interface Shared {
  users: number;
  readonly opening: Promise<Connection>;
  readonly giveUp: AbortController;
  /** It cannot be had, or is lost: the next one needs another. */
  spent: boolean;
}

/** By who may use it, then by the way: a jump host has one connection however many hosts are behind it. */
const all = new WeakMap<Access, Map<string, Shared>>();

/**
 * The connection to the last host of the way: the one that is there, else a new one for all who want it meanwhile. Closed
 * after the last has given it back.
 */
export async function borrow(
  access: Access,
  way: readonly HostSpec[],
  open: (signal: AbortSignal) => Promise<Connection>,
  signal: AbortSignal,
): Promise<Borrowed> {
  const ways = all.get(access) ?? new Map<string, Shared>();
  all.set(access, ways);
  const key = way.map(formatHost).join(' ');
  const known = ways.get(key);
  const shared = known === undefined || known.spent ? share(open) : known;
  ways.set(key, shared);
  shared.users++;
  let given = false;
  const giveBack = () => {
    if (given) return;
    given = true;
    if (--shared.users > 0) return;
    if (ways.get(key) === shared) ways.delete(key);
    shared.spent = true;
    shared.giveUp.abort();
    shared.opening.then(connection => connection.close()).catch(() => undefined);
  };
  try {
    // not our signal for the opening itself: others may wait for the same
    const connection = await Promise.race([shared.opening, aborted(signal)]);
    let kept = false;
    return {
      connection,
      keep: () => {
        kept = true;
        return giveBack;
      },
      [Symbol.dispose]: () => {
        if (!kept) giveBack();
      },
    };
  } catch (error) {
    giveBack();
    throw error;
  }
}

function share(open: (signal: AbortSignal) => Promise<Connection>): Shared {
  const giveUp = new AbortController();
  const opening = open(giveUp.signal);
  const shared = { users: 0, opening, giveUp, spent: false };
  const spend = () => {
    shared.spent = true;
  };
  opening.then(connection => connection.onceLost(spend), spend);
  return shared;
}
