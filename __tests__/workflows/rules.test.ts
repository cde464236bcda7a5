import {
  convertWorkflowTemplate,
  NoOperationTraceWriter,
  parseWorkflow as parseAsGitHub,
} from '@actions/workflow-parser';
import { describe, expect, test } from '@jest/globals';
import { calledBy, callers, type Job, parseWorkflow, reusable, type Workflow } from './files.ts';
import { violations } from './rules.ts';

const workflows = [...reusable.values(), ...callers];

test('there are four to call, and a caller of each', () => {
  expect([...reusable.keys()].sort()).toEqual(['audit', 'deploy', 'promote', 'release']);
  const called = callers.flatMap(one => Object.values(one.jobs).map(job => calledBy(job)?.file));
  expect(new Set(called)).toEqual(new Set([...reusable.values()].map(({ file }) => file)));
});

describe.each(workflows.map(one => [one.file, one] as const))('%s', (_, { file, text }) => {
  test('is a workflow to GitHub’s own parser', async () => {
    const { context, value } = parseAsGitHub({ name: file, content: text }, new NoOperationTraceWriter());
    if (value !== undefined) await convertWorkflowTemplate(context, value);
    expect(context.errors.getErrors().map(({ message }) => message)).toEqual([]);
  });
});

describe('what others call', () => {
  test.each([...reusable])('%s keeps the rules', (_, workflow) => {
    expect(violations(workflow)).toEqual([]);
  });

  const good = `
    on: { workflow_call: { secrets: { KUBECONFIG: { required: false } } } }
    jobs:
      one:
        timeout-minutes: 5
        steps:
          - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
          - uses: OWNER/slipway@v1
            env: { KUBECONFIG_TEXT: "\${{ secrets.KUBECONFIG }}" }
            with: { mode: status }
          - run: echo "$NAME"`;

  test.each([
    ['nothing', 'KUBECONFIG:', 'KUBECONFIG:', []],
    ['another secret', /KUBECONFIG\b/g, 'TOKEN', ['secret TOKEN is none of the fixed names']],
    ['a secret that is required', 'false', 'true', ['secret KUBECONFIG is required']],
    ['a secret for nothing', 'secrets.KUBECONFIG', 'github.token', ['secret KUBECONFIG is not used']],
    ['a tag', /@de0f\w+ #/, '@v6 #', ['actions/checkout@v6 # v6.0.2 is not pinned']],
    ['no version beside it', ' # v6.0.2', '', [expect.stringMatching(/^actions\/checkout@\w+ is not pinned$/)]],
    ['no timeout', /timeout-minutes: 5/, 'if: true', ['job one: no timeout']],
    ['an expression in a script', '$NAME', '${{ inputs.name }}', ['job one: an expression inside of a script']],
    ['an unknown input', 'mode:', 'modes:', ['job one: OWNER/slipway@v1 has no input modes']],
  ])('the rules see: %s', (_, from, to, expected) => {
    expect(
      violations(
        parseWorkflow(
          'x.yml',
          good.replaceAll(from instanceof RegExp ? new RegExp(from, 'g') : from, () => to),
        ),
      ),
    ).toEqual(expected);
  });
});

/** What each job asks for itself; the others have what the caller gives. */
test('the jobs that run code of the repository, or of a fork, can push nothing', () => {
  const asked = Object.fromEntries(
    [...reusable].flatMap(([name, { jobs }]) =>
      Object.entries(jobs).flatMap(([job, { permissions }]) =>
        permissions === undefined ? [] : [[`${name} ${job}`, permissions]],
      ),
    ),
  );
  expect(asked).toEqual({
    'release plan': { contents: 'read' },
    'release build': { contents: 'read' },
    'deploy refuse-fork': {},
  });
});

const calls = workflows.flatMap(caller =>
  Object.values(caller.jobs).flatMap(job => {
    const called = calledBy(job);
    return called === undefined ? [] : [[`${caller.file} calls ${called.file}`, { caller, job, called }] as const];
  }),
);

describe.each(calls)('%s', (_, { caller, job, called }) => {
  const call = called.on.workflow_call!;

  test('with inputs that it has, and with those that it needs', () => {
    const given = Object.keys(job.with ?? {});
    expect(given.filter(name => !(name in call.inputs))).toEqual([]);
    const needed = Object.entries(call.inputs).filter(([, { required }]) => required);
    expect(given).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
  });

  test('with secrets by name, each of which it has', () => {
    expect(Object.keys(job.secrets ?? {}).filter(name => !(name in call.secrets))).toEqual([]);
    for (const [name, value] of Object.entries(job.secrets ?? {})) expect(value).toBe(`\${{ secrets.${name} }}`);
  });

  test('passes on all that it takes itself, or is short', () => {
    const own = caller.on.workflow_call;
    if (own === undefined) expect(caller.text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    else {
      expect(Object.keys(job.with ?? {})).toEqual(expect.arrayContaining(Object.keys(own.inputs)));
      expect(Object.keys(job.secrets ?? {})).toEqual(Object.keys(own.secrets));
      expect(Object.keys(call.secrets)).toEqual(Object.keys(own.secrets));
    }
  });
});

/** Jobs that others call may ask for less than the caller gives, never for more: GitHub would not begin the run. */
describe.each(callers.filter(({ on }) => on.workflow_call === undefined).map(one => [one.file, one] as const))(
  '%s gives',
  (file, { jobs }: Workflow) => {
    const needed: Record<string, Job['permissions']> = {
      release: { contents: 'write', packages: 'write', 'id-token': 'write' },
      deploy: { contents: 'read', packages: 'write', deployments: 'write', statuses: 'write' },
      promote: { contents: 'read', packages: 'write', deployments: 'write', statuses: 'write' },
      audit: { contents: 'read', packages: 'read', issues: 'write' },
      preview: { contents: 'read', packages: 'read', 'pull-requests': 'write' },
    };

    test('the permissions that are needed, and no other', () => {
      const name = /([\w-]+)\.yml$/.exec(file)![1]!;
      expect(Object.values(jobs).map(job => job.permissions)).toEqual([needed[name]]);
    });
  },
);
