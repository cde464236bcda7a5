import { canonicalTarget, formatTarget, goEnvironment, type Target, withVariant } from '../../core/target.ts';

/** `strategy.matrix` of the job that builds: one entry a target, `${{ fromJSON(needs.plan.outputs.matrix) }}`. */
export function matrixOf(targets: readonly Target[]): { include: Record<string, string>[] } {
  return {
    include: targets.map(canonicalTarget).map(target => ({
      target: formatTarget(target),
      name: formatTarget(target).replaceAll('/', '-'),
      goos: target.os,
      goarch: target.arch,
      variant: target.variant ?? '',
      env: Object.entries(goEnvironment(withVariant(target)))
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
    })),
  };
}
