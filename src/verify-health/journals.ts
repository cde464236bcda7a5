import { deadline } from '../core/deadline.ts';
import type { Finding } from './finding.ts';
import type { Subject } from './identity/subject.ts';

/** Milliseconds for reading what a service wrote: it explains, and changes no verdict. */
const patience = 5000;

/**
 * Where something that runs or answers is not as it should be, what each service of the record wrote last is put beside
 * its identity: the reason is mostly there. What cannot be read is left out.
 */
export async function withJournals(
  findings: readonly Finding[],
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<Finding[]> {
  const wrong = findings.some(one => one.verdict === 'failed' && ['check', 'reported', 'identity'].includes(one.kind));
  if (!wrong) return [...findings];
  const journals = await Promise.all(
    subjects.map(async subject => {
      using limited = deadline(patience, `reading what ${subject.name} wrote`, signal);
      const lines = await subject.journal(limited).catch(() => []);
      signal.throwIfAborted();
      return [subject.name, lines] as const;
    }),
  );
  const known = new Map(journals.filter(([, lines]) => lines.length > 0));
  return findings.map(one => {
    const journal = one.kind === 'identity' ? known.get(one.name) : undefined;
    return journal === undefined ? one : { ...one, journal };
  });
}
