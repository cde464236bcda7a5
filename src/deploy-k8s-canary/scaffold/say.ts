import type { Written } from './scaffold.ts';
import type { Settings } from './settings.ts';

/** What became of each file, a line each, and what stayed the user's below it. */
export function tellWritten(written: readonly Written[]): string[] {
  return written.flatMap(({ file, what, kept }) => [
    `${what.padEnd(9)} ${file}`,
    ...kept.map(one => `          yours stays: ${one}`),
  ]);
}

/** Whether a file is not what it was. */
export const anyChange = (written: readonly Written[]): boolean =>
  written.some(({ what }) => what === 'written' || what === 'changed' || what === 'deleted');

/** What comes next, as lines of slipway.yml. */
export function tellNext({ name, directory, expose }: Settings): string[] {
  return [
    `Commit ${directory}/ with its file .scaffold, and deploy it; in slipway.yml:`,
    '  - kind: deploy-k8s-canary',
    `    manifests: ${directory}/*.yaml`,
    `    workload: deployment/${name}`,
    ...(expose === 'route' ? ['    router: gateway'] : []),
  ];
}
