import type { Settings } from '../settings.ts';
import type { Firewall, Opening } from './values.ts';

/** The port of `listen`, unless nobody reaches it from outside, and the others. */
export function openingsOf({ from, ports }: Firewall, listen: Settings['listen']): Opening[] {
  const own = listen === undefined || listen.loopback ? [] : [{ port: listen.port, protocol: 'tcp', from } as const];
  return [...own, ...ports];
}
