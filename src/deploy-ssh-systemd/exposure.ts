import type { Answer } from '../core/host-agent/answer.ts';
import { log } from '../core/log.ts';
import type { HostSession } from './host-session.ts';

/** What `systemd-analyze security` says of the unit, 0 (best) to 10; `unknown` where the host's systemd (before 250) cannot say it of a file. */
export type Exposure = number | 'unknown';

/**
 * Has the host's systemd look at a unit that is not on the host yet, for a plan; nothing stays there.
 *
 * @throws UNIT_REFUSED
 */
export async function tryUnit(session: HostSession, unit: string, dropIn: string): Promise<Exposure> {
  const texts = [unit, dropIn].map(text => Buffer.from(text));
  const sizes = texts.map(({ length }) => String(length));
  return told(session.place, await session.ask('try', sizes, { data: Buffer.concat(texts) }));
}

/** What the requests "verify" and "try" bring back. */
export function told(place: string, answer: Answer): Exposure {
  const [skipped, said, score] = ['skipped', 'said', 'score'].map(name => answer.text(name));
  if (skipped) log.info(`${place}: there is no ${skipped}: the unit was not verified before the switch`);
  if (said) log.warning(`${place}: systemd says of the unit: ${said.split('\n').join('; ')}`);
  return score ? Number(score) : 'unknown';
}
