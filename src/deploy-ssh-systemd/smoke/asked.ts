import type { Check } from '../../core/health/index.ts';
import { askingPort, portAsked } from '../local-check.ts';
import type { Settings } from '../settings.ts';

/** What a program that is tried is asked. */
export interface Asked {
  readonly checks: readonly Check[];
  /** Where it must listen, before it is asked. */
  readonly ports: readonly number[];
}

/**
 * The checks of the gate that ask the program itself: those of the port of `listen` on the host, without `listen` those of
 * any port there; with a port of its own they ask that one. What goes through a proxy or to others is left to the gate. Pure.
 */
export function askedOf({
  checks,
  listen,
  proxy,
  smoke,
}: Pick<Settings, 'checks' | 'listen' | 'proxy' | 'smoke'>): Asked {
  const port = smoke?.port;
  const others: (number | undefined)[] = [undefined, proxy?.http, proxy?.https];
  const isOwn = (asked: number | undefined) => (listen === undefined ? !others.includes(asked) : asked === listen.port);
  const own = checks.filter(check => isOwn(portAsked(check)));
  const asking = port === undefined ? own : own.map(check => askingPort(check, port));
  const listened = listen === undefined ? [] : [port ?? listen.port];
  return { checks: asking, ports: [...new Set([...listened, ...asking.map(check => portAsked(check)!)])] };
}
