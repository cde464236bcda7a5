import { SlipwayError } from '../core/errors.ts';
import type { Check } from '../core/health/index.ts';
import type { Read } from '../core/inputs.ts';
import type { Deployment, ReleaseRecord } from '../core/record/schema.ts';
import { formatDuration } from '../core/units.ts';
import { type Item, itemsOf } from './attestable.ts';
import { lastDeployments } from './chain.ts';
import { type PodReport, parsePodReport } from './identity/pod-reports.ts';
import type { definition } from './inputs.ts';
import type { Objective } from './objectives/objective.ts';
import { type Release, reportedCheck } from './reported.ts';
import type { Asked } from './verdict.ts';

export type VerifyInputs = Read<typeof definition.inputs>;

/** What is going to be looked at; made before anything is connected. */
export interface Plan {
  readonly checks: readonly Check[];
  /** Deployments whose running bytes are looked at. */
  readonly deployments: readonly Deployment[];
  /** What must be attested. */
  readonly items: readonly Item[];
  readonly asked: Asked;
  readonly objectives: readonly Objective[];
  /** What the pods of these deployments are asked. */
  readonly podReports: readonly {
    readonly deployment: Deployment;
    readonly report: PodReport;
    readonly release: Release;
  }[];
}

/** Reads inputs and record into a plan; contradictions between them are errors. Pure. */
export function plan(inputs: VerifyInputs, record: ReleaseRecord | undefined): Plan {
  const { mode, hold, deadline, objectives } = inputs;
  if (hold >= deadline) {
    throw wrong(
      `input "hold" is ${formatDuration(hold)}, which does not fit into the deadline of ${formatDuration(deadline)}`,
      'Make the deadline longer: it includes the hold.',
    );
  }
  if (mode === 'wait') return waiting(inputs);
  const deployments = lastDeployments(record);
  const deployed = deployments.length > 0;
  if (mode === 'audit' && !deployed) {
    throw wrong(
      'mode: audit needs a record with deployments: there is nothing to compare the world with',
      'Give it in the input "release".',
    );
  }
  const compared = objectives.find(one => one.compare !== undefined);
  if (compared !== undefined && !deployed) {
    throw wrong(
      `the objective "${compared.name}" compares before and after, but no deployment is recorded: nobody knows when that was`,
      'Give the record of a deploy action in the input "release".',
    );
  }
  const identity = inputs.identity ?? (deployed ? 'proven' : inputs.reported.length > 0 ? 'reported' : 'none');
  if (identity === 'reported' && inputs.reported.length === 0) {
    throw wrong(
      'input "identity" is reported, but the input "reported" names no URL',
      'Write one a line: https://host/version $.version.',
    );
  }
  if (identity === 'proven' && !deployed) {
    throw wrong(
      'input "identity" is proven, but no deployment is recorded: there is no place to look at',
      'Give the record of a deploy action in the input "release", or choose identity: reported or none.',
    );
  }
  const lines = inputs.reported.map(line => ({ line, pods: parsePodReport(line) }));
  const reported = lines
    .filter(({ pods }) => pods === undefined)
    .map(({ line }) => reportedCheck(line, releaseOf(record), inputs.samples));
  const podReports = lines.flatMap(({ line, pods }) =>
    pods === undefined ? [] : podsAsked(line, pods, deployments, record),
  );
  const checks = [...inputs.checks, ...reported];
  const items = inputs['require-attestation'] === undefined ? [] : attestable(record);
  if ([checks, objectives, podReports, items].every(one => one.length === 0) && identity !== 'proven') throw nothing();
  if (mode === 'watch' && checks.length === 0)
    throw wrong('mode: watch needs checks', 'Write one a line, e.g. https://host/healthz 200.');
  return {
    checks,
    objectives,
    podReports,
    deployments: identity === 'proven' ? deployments : [],
    items,
    asked: { identity, deployed },
  };
}

function attestable(record: ReleaseRecord | undefined): readonly Item[] {
  const items = record === undefined ? [] : itemsOf(record);
  if (items.length > 0) return items;
  throw wrong(
    'input "require-attestation" is set, but no record says what was built or deployed',
    'Give the record in the input "release".',
  );
}

function waiting(inputs: VerifyInputs): Plan {
  if (inputs.identity !== undefined && inputs.identity !== 'none') {
    throw wrong(`input "identity" is ${inputs.identity}, but mode: wait looks at checks only`, 'Use mode: verify.');
  }
  if (inputs.reported.length > 0)
    throw wrong('input "reported" is set, but mode: wait looks at checks only', 'Use mode: verify.');
  if (inputs.objectives.length > 0)
    throw wrong('input "objectives" is set, but mode: wait looks at checks only', 'Use mode: verify.');
  if (inputs['require-attestation'] !== undefined)
    throw wrong('input "require-attestation" is set, but mode: wait looks at checks only', 'Use mode: verify.');
  if (inputs.checks.length === 0) throw nothing();
  return {
    checks: inputs.checks,
    objectives: [],
    podReports: [],
    deployments: [],
    items: [],
    asked: { identity: 'none', deployed: false },
  };
}

function podsAsked(
  line: string,
  report: PodReport,
  deployments: readonly Deployment[],
  record: ReleaseRecord | undefined,
) {
  const those = deployments.filter(one => one.kind === 'kubernetes');
  if (those.length === 0) {
    throw wrong(`input "reported" is "${line}", but no deployment to Kubernetes is recorded`, 'Name a URL instead.');
  }
  return those.map(deployment => ({ deployment, report, release: releaseOf(record) }));
}

function releaseOf(record: ReleaseRecord | undefined): Release {
  if (record === undefined) {
    throw wrong(
      'input "reported" is set, but there is neither a record nor a git repository to compare with',
      'Give the record in the input "release", or check out the repository.',
    );
  }
  return { version: record.version, ...(record.commit === undefined ? {} : { commit: record.commit }) };
}

function nothing(): SlipwayError {
  return wrong(
    'input "checks" is missing, and no deployment is to be proven: there is nothing to look at',
    'Write one check a line, e.g. https://host/healthz 200 within 300ms.',
  );
}

function wrong(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', message, { hint: `${hint} Nothing was changed.` });
}
