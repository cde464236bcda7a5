import type { Finding, Identity, Verdict } from './finding.ts';

/** What was asked for, and what there is to identify. */
export interface Asked {
  readonly identity: 'proven' | 'reported' | 'none';
  /** The record has deployments: there is something to prove. */
  readonly deployed: boolean;
}

/**
 * One verdict from all findings. Pure. A failure outweighs what is open; what is open outweighs what passed.
 * A release that was deployed is verified only when its identity is proven, or reported where that was asked for: with
 * `identity: none` its verdict is inconclusive, whatever its endpoints say.
 */
export function conclude(findings: readonly Finding[], asked: Asked): Verdict {
  const identity = identityOf(findings);
  const bad = findings.filter(finding => finding.verdict !== 'passed');
  const reasons = bad.map(finding => finding.reason ?? finding.verdict);
  if (!isIdentified(findings, asked)) reasons.push('identity-unknown');
  const failed = bad.some(finding => finding.verdict === 'failed');
  const verdict = failed ? 'failed' : reasons.length > 0 || findings.length === 0 ? 'inconclusive' : 'verified';
  return { verdict, identity, reasons: [...new Set(reasons)] };
}

/** Whether what was asked for was at least looked at; when it then failed, that is the reason. */
function isIdentified(findings: readonly Finding[], { identity, deployed }: Asked): boolean {
  if (identity === 'none') return !deployed;
  return findings.some(finding => finding.kind === (identity === 'proven' ? 'identity' : 'reported'));
}

/** Proven when every place was looked into and passed; reported when every endpoint that was asked said the right thing. */
function identityOf(findings: readonly Finding[]): Identity {
  for (const [kind, name] of [
    ['identity', 'proven'],
    ['reported', 'reported'],
  ] as const) {
    const those = findings.filter(finding => finding.kind === kind);
    if (those.length > 0 && those.every(finding => finding.verdict === 'passed')) return name;
  }
  return 'unknown';
}

/** Whether the step fails: an inconclusive verdict fails too, unless the user himself left the identity out. */
export function stepFails({ verdict, reasons }: Verdict, asked: Asked): boolean {
  const asWished = asked.identity === 'none' && reasons.every(reason => reason === 'identity-unknown');
  return verdict === 'failed' || (verdict === 'inconclusive' && !asWished);
}
