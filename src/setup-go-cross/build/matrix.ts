import { SlipwayError } from '../../core/errors.ts';
import { canonicalTarget, formatTarget, goEnvironment, withVariant } from '../../core/target.ts';
import type { WantedTarget } from '../targets-value.ts';
import { shardsOf } from './shards.ts';

/** What one job of the matrix gets; `targets` and `packages` are inputs of the job's step. */
export type Entry = Readonly<Record<string, string>>;

/** GitHub's limit: https://docs.github.com/en/actions/reference/limits */
const mostJobs = 256;

/**
 * `strategy.matrix` of the job that builds: `${{ fromJSON(needs.plan.outputs.matrix) }}`. One entry a target; with
 * `shards`, one a shard. Every job builds all the packages: those of one target share their compiled dependencies.
 *
 * @throws SlipwayError MATRIX_TOO_LARGE
 */
export function matrixOf(
  targets: readonly WantedTarget[],
  { shards, packages = [] }: { shards?: number | undefined; packages?: readonly string[] } = {},
): { include: Entry[] } {
  const common: Entry = packages.length === 0 ? {} : { packages: packages.join(',') };
  const include = (shards === undefined ? targets.map(single) : shardsOf(targets, shards).map(shard)).map(entry => ({
    ...entry,
    ...common,
  }));
  if (include.length > mostJobs) {
    throw new SlipwayError(
      'MATRIX_TOO_LARGE',
      `${include.length} targets are ${include.length} jobs, and a matrix has at most ${mostJobs}`,
      {
        hint: `Set shards to at most ${mostJobs}: several targets are then built in one job.`,
      },
    );
  }
  return { include };
}

function single(wanted: WantedTarget): Entry {
  const target = canonicalTarget(wanted);
  return {
    target: formatTarget(target),
    targets: formatTarget(target),
    name: formatTarget(target).replaceAll('/', '-'),
    goos: target.os,
    goarch: target.arch,
    variant: target.variant ?? '',
    env: Object.entries(goEnvironment(withVariant(target)))
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    ...machinesOf([wanted]),
  };
}

function shard({ targets }: { readonly targets: readonly WantedTarget[] }, index: number): Entry {
  return {
    targets: targets.map(target => formatTarget(canonicalTarget(target))).join(','),
    name: `shard-${index + 1}`,
    ...machinesOf(targets),
  };
}

function machinesOf(targets: readonly WantedTarget[]): Entry {
  const machines = targets.flatMap(target => target.machines ?? []);
  return machines.length === 0 ? {} : { machines: machines.join(',') };
}
