import { SlipwayError } from '../core/errors.ts';
import type { Finding, Verdict } from './finding.ts';

/** The error that ends the step: the worst finding in full, the others counted. */
export function unverified(release: string, verdict: Verdict, findings: readonly Finding[]): SlipwayError {
  const bad = findings.filter(one => one.verdict !== 'passed').sort((a, b) => rank(a) - rank(b));
  const [first] = bad;
  const seen = first === undefined ? verdict.reasons.join(', ') : `${first.name}: ${first.detail} (${first.reason})`;
  const more = bad.length > 1 ? `, and ${bad.length - 1} more` : '';
  const said =
    verdict.verdict === 'failed' ? 'failed its verification' : 'could not be verified: the verdict is inconclusive';
  return new SlipwayError(
    verdict.verdict === 'failed' ? 'VERIFICATION_FAILED' : 'VERIFICATION_INCONCLUSIVE',
    `${release} ${said}: ${seen}${more}`,
    {
      hint:
        verdict.verdict === 'failed'
          ? 'The job summary and the report name every check, its phases and what was seen instead.'
          : 'Inconclusive is no success: give it more time, access, or the record of the deployment, as the reason says.',
    },
  );
}

/** What failed before what is open; what runs before what answers. */
function rank({ verdict, kind }: Finding): number {
  const kinds = ['record', 'attestation', 'identity', 'reported', 'check', 'objective'];
  return (verdict === 'failed' ? 0 : 10) + kinds.indexOf(kind);
}
