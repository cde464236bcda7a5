import { workflowReference } from '../home.ts';

export const workflowFile = '.github/workflows/release.yml';

/** The fixed names that our workflows pass on, by the variable that slipway.yml names. */
const secretOf: Readonly<Record<string, string>> = {
  SSH_PRIVATE_KEY: 'SSH_PRIVATE_KEY',
  KUBECONFIG_TEXT: 'KUBECONFIG',
  APP_SECRETS: 'APP_SECRETS',
};

/** A workflow that releases every tag: builds it once, keeps it, deploys it, verifies it. */
export function writeWorkflow(variables: readonly string[], config: string): string {
  const secrets = variables.flatMap(name => secretOf[name] ?? []);
  const configLine = config === 'slipway.yml' ? [] : [`config: ${config}`];
  const of = (names: readonly string[]) =>
    names.length === 0 ? [] : ['    secrets:', ...names.map(name => `      ${name}: \${{ secrets.${name} }}`)];
  const given = (lines: readonly string[]) => (lines.length === 0 ? [] : [`    with: { ${lines.join(', ')} }`]);
  return [
    '# Written by `slipway init`: a tag is built once, kept under its version, deployed and verified.',
    'name: release',
    'on: { push: { tags: ["v*"] } }',
    'jobs:',
    '  release:',
    '    permissions: { contents: read, packages: write, id-token: write }',
    `    uses: ${workflowReference('release.yml')}`,
    ...given(configLine),
    ...of(['REGISTRY_PASSWORD']),
    '  deploy:',
    '    needs: release',
    '    permissions: { contents: read, packages: write, deployments: write, statuses: write }',
    `    uses: ${workflowReference('deploy.yml')}`,
    ...given([...configLine, 'artifact: "${{ needs.release.outputs.artifact }}"']),
    ...of(secrets),
    '',
  ].join('\n');
}
