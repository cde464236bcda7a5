import { log } from '../log.ts';
import type { Assessment } from './assess.ts';
import { riskLines, riskSummary } from './explain.ts';

/** Says aloud why it is deployed as it is: in the log, which a plan shows too, and in the summary. */
export async function tellRisk(
  assessment: Assessment,
  chosen: string,
  summary: (markdown: string) => Promise<void>,
): Promise<void> {
  for (const line of riskLines(assessment, chosen)) log.info(line);
  for (const why of assessment.unknown) log.warning(`strategy: auto: ${why}; it counts as said in the README`);
  await summary(riskSummary(assessment, chosen));
}
