import type { ClusterCheckup, HostCheckup } from '../../core/checkup.ts';
import type { Check, Family, Finding } from './check.ts';
import { aroundPodChecks } from './cluster/around.ts';
import { podChecks } from './cluster/pods.ts';
import { accessChecks } from './hosts/access.ts';
import { serviceChecks } from './hosts/service.ts';
import { shareChecks } from './hosts/shares.ts';
import type { Repository } from './repository/facts.ts';
import { goChecks } from './repository/go.ts';
import { healthChecks } from './repository/health.ts';
import { hostDeploymentChecks } from './repository/hosts.ts';
import { imageChecks } from './repository/images.ts';
import { peopleChecks } from './repository/people.ts';
import { workflowChecks } from './repository/workflows.ts';

/** What the checks of each family look at. */
export interface FactsOf {
  readonly repository: Repository;
  readonly host: HostCheckup;
  readonly cluster: ClusterCheckup;
}

/** The production checklist: every check, in the order in which they are shown. */
export const registry: { readonly [F in keyof FactsOf]: readonly Check<FactsOf[F]>[] } = {
  repository: [
    ...goChecks,
    ...imageChecks,
    ...workflowChecks,
    ...hostDeploymentChecks,
    ...healthChecks,
    ...peopleChecks,
  ],
  host: [...accessChecks, ...serviceChecks, ...shareChecks],
  cluster: [...podChecks, ...aroundPodChecks],
};

/** A check without what it looks at: for tables, and for what `require` may name. */
export type Described = Omit<Check<never>, 'look'> & { readonly family: Family };

export const checks: readonly Described[] = Object.entries(registry).flatMap(([family, list]) =>
  list.map(({ look: _, ...check }) => ({ ...check, family: family as Family })),
);

/** Every check of a family, at each place that it is about. Pure. */
export function examine<F extends keyof FactsOf>(family: F, facts: FactsOf[F]): Finding[] {
  return registry[family].flatMap(({ id, look }) => look(facts).map(seen => ({ check: id, family, ...seen })));
}
