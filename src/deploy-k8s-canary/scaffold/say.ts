import type { Settings } from './settings.ts';

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
