import { parse } from 'yaml';
import { isMap } from '../../../core/config-deployments.ts';
import { type Check, judge, type Seen, unknown } from '../check.ts';
import type { Repository } from './facts.ts';

export const workflowChecks: readonly Check<Repository>[] = [
  {
    id: 'actions-locked',
    title: 'Workflows name the actions of others by a full commit SHA.',
    reason: 'Whoever can move a tag of theirs runs in your workflow, with your secrets.',
    fix: 'Write `uses: actions/checkout@SHA # v4`; Dependabot and Renovate keep both current.',
    level: 'should',
    look: each((path, { jobs }) => {
      const uses = jobs.flatMap(job => [job['uses'], ...stepsOf(job).map(step => step['uses'])]);
      return judge(path, [...new Set(uses.filter(isText).filter(isMovable))]);
    }),
  },
  {
    id: 'workflow-permissions',
    title: 'Each workflow names the permissions of its token, and none writes everything.',
    reason: 'Without the key, the token has what the repository’s settings say, often all of it, in every step.',
    fix: 'Write `permissions: {}` at the top, and what a job needs into the job.',
    level: 'must',
    look: each((path, { permissions, jobs }) => {
      const wide = [permissions, ...jobs.map(job => job['permissions'])].includes('write-all');
      const left = permissions === undefined && jobs.some(job => job['permissions'] === undefined);
      return judge(path, [...(wide ? ['write-all'] : []), ...(left ? ['no key permissions'] : [])]);
    }),
  },
];

interface Workflow {
  readonly permissions: unknown;
  readonly jobs: readonly Record<string, unknown>[];
}

function each(judged: (path: string, workflow: Workflow) => Seen): Check<Repository>['look'] {
  return ({ texts }) =>
    [...texts]
      .filter(([path]) => /^\.(github|gitea|forgejo)\/workflows\/[^/]+$/.test(path))
      .map(([path, text]) => {
        const workflow = read(text);
        return workflow === undefined ? unknown(path, 'it cannot be read as a workflow') : judged(path, workflow);
      });
}

function read(text: string): Workflow | undefined {
  try {
    const data: unknown = parse(text);
    if (!isMap(data) || !isMap(data['jobs'])) return undefined;
    return { permissions: data['permissions'], jobs: Object.values(data['jobs']).filter(isMap) };
  } catch {
    return undefined;
  }
}

const stepsOf = (job: Record<string, unknown>) => (Array.isArray(job['steps']) ? job['steps'].filter(isMap) : []);
const isText = (value: unknown): value is string => typeof value === 'string';

function isMovable(uses: string): boolean {
  if (uses.startsWith('./')) return false;
  return uses.startsWith('docker://') ? !uses.includes('@sha256:') : !/@[0-9a-f]{40}$/.test(uses);
}
