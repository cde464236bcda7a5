import { X509Certificate } from 'node:crypto';
import { fail, pass, type Seen, unknown } from './check.ts';

/** Certificates are renewed a month before their end: what is left then has failed for two weeks. */
export const leastDays = 14;

/** @param now milliseconds since the epoch, by the clock of whoever shows it */
export function judgeCertificate(where: string, site: string, pem: string, now: number): Seen {
  const end = endOf(pem);
  if (end === undefined) return unknown(where, `${site} is no certificate`);
  const days = Math.floor((end - now) / 86_400_000);
  const until = `${site} until ${new Date(end).toISOString().slice(0, 10)}`;
  return days < leastDays ? fail(where, `${until} (${days} days)`) : pass(where, until);
}

function endOf(pem: string): number | undefined {
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return undefined;
  }
}
