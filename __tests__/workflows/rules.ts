import { type ActionName, actionNames } from '../../src/core/action-names.ts';
import { schemas } from '../../src/release/definitions.ts';
import { definition as release } from '../../src/release/inputs.ts';
import type { Job, Step, Workflow } from './files.ts';

/** The only secrets that a workflow of ours knows. */
export const secretNames = [
  'SSH_PRIVATE_KEY',
  'SSH_PASSPHRASE',
  'BECOME_PASSWORD',
  'REGISTRY_PASSWORD',
  'KUBECONFIG',
  'GO_PRIVATE_TOKEN',
  'APP_SECRETS',
];

/** What is wrong with a workflow that others call, a sentence each. */
export function violations(workflow: Workflow): string[] {
  const { on, text, jobs } = workflow;
  const call = on.workflow_call!;
  const used = [...text.matchAll(/\bsecrets\.([A-Z_]+)/g)].map(([, name]) => name!);
  return [
    ...Object.entries(call.secrets).flatMap(([name, { required }]) => [
      ...(secretNames.includes(name) ? [] : [`secret ${name} is none of the fixed names`]),
      ...(required ? [`secret ${name} is required`] : []),
      ...(used.includes(name) ? [] : [`secret ${name} is not used`]),
    ]),
    ...used.filter(name => !(name in call.secrets)).map(name => `secret ${name} is not declared`),
    ...unpinned(text),
    ...Object.entries(jobs).flatMap(([name, job]) => jobViolations(job).map(why => `job ${name}: ${why}`)),
  ];
}

/** Third parties by the SHA of a commit, with the version beside it; ours by the tag that the release script writes. */
function unpinned(text: string): string[] {
  return [...text.matchAll(/\buses: (.*)/g)]
    .map(([, reference]) => reference!)
    .filter(reference => !/^OWNER\/slipway(\/[\w./-]+)?@v1( #.*)?$/.test(reference))
    .filter(reference => !/^[\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(reference))
    .map(reference => `${reference} is not pinned`);
}

function jobViolations(job: Job): string[] {
  if (job.uses !== undefined) return job.secrets === 'inherit' ? ['all secrets are passed on'] : [];
  return [
    ...(job['timeout-minutes'] === undefined ? ['no timeout'] : []),
    ...(job.steps ?? []).flatMap(stepViolations),
  ];
}

function stepViolations({ uses = '', run = '', with: inputs = {} }: Step): string[] {
  const ours = inputsOf(uses);
  return [
    ...(run.includes('${{') ? ['an expression inside of a script'] : []),
    ...Object.keys(inputs)
      .filter(name => ours !== undefined && !(name in ours))
      .map(name => `${uses} has no input ${name}`),
  ];
}

function inputsOf(uses: string): object | undefined {
  if (uses === 'OWNER/slipway@v1') return release.inputs;
  const name = /^OWNER\/slipway\/actions\/([\w-]+)@v1$/.exec(uses)?.[1];
  return (actionNames as readonly string[]).includes(name ?? '') ? schemas[name as ActionName].inputs : undefined;
}
