import { type Around, aroundOf } from '../around.ts';
import type { HostSession } from '../host-session.ts';

/** A load balancer as `mode: status` sees it. */
export interface SeenInFront {
  readonly place: string;
  readonly around: readonly Around[];
}

/** @param isNeeded whether somebody serves, whom nobody would reach without a site */
export async function lookInFront(session: HostSession, isNeeded: boolean): Promise<SeenInFront> {
  const facts = await session.facts();
  const text = facts.system.get('nginx');
  if (text === undefined)
    return { place: session.place, around: [{ words: 'nginx: no site is in front', isWrong: isNeeded }] };
  const around = aroundOf(facts, await session.ask('around'), Date.now());
  return { place: session.place, around: [{ words: inWords(text), isWrong: false }, ...around] };
}

/** Which servers a site leads to, those that are out included. Pure. */
export function inWords(site: string): string {
  const servers = [...site.matchAll(/^ *server (\S+?)( .*\bdown\b.*)?;.*$/gm)].map(
    ([, server, isOut]) => `${server}${isOut === undefined ? '' : ' (out)'}`,
  );
  return `in front of ${[...new Set(servers)].join(', ')}`;
}
