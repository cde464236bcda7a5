import { describe, expect, test } from '@jest/globals';
import { type Contexts, fillIn, holds } from './expression.ts';
import { reusable } from './files.ts';

// What act does not do (forks, approvals, groups), decided by the expression engine that GitHub publishes.

const ours = 'acme/hello';
const pullRequest = (name: string, from: string | null) => ({
  event_name: name,
  event: { pull_request: { head: { repo: from === null ? null : { full_name: from } } } },
});
const events = {
  push: { event_name: 'push', event: { ref: 'refs/tags/v1.0.0' } },
  dispatch: { event_name: 'workflow_dispatch', event: { inputs: {} } },
  schedule: { event_name: 'schedule', event: { schedule: '17 3 * * *' } },
  'own pull request': pullRequest('pull_request', ours),
  "a fork's pull request": pullRequest('pull_request', 'mallory/hello'),
  "a deleted fork's pull request": pullRequest('pull_request', null),
  'a fork by pull_request_target': pullRequest('pull_request_target', 'mallory/hello'),
  'own workflow_run': {
    event_name: 'workflow_run',
    event: { workflow_run: { head_repository: { full_name: ours } } },
  },
  "a fork's workflow_run": {
    event_name: 'workflow_run',
    event: { workflow_run: { head_repository: { full_name: 'mallory/hello' } } },
  },
};

const context = (event: keyof typeof events, inputs = {}, needs = {}, actor = 'anna'): Contexts => ({
  github: { repository: ours, run_id: '77', actor, ...events[event] },
  inputs,
  needs,
});
const job = (workflow: string, name: string) => reusable.get(workflow)!.jobs[name]!;
/** Names of the jobs without `needs` whose `if` holds. */
const begun = (workflow: string, contexts: Contexts) =>
  Object.entries(reusable.get(workflow)!.jobs)
    .filter(([, one]) => one.needs === undefined && (one.if === undefined || holds(one.if, contexts)))
    .map(([name]) => name);

test.each([
  ['push', 'deploy'],
  ['dispatch', 'deploy'],
  ['schedule', 'deploy'],
  ['own pull request', 'deploy'],
  ['own workflow_run', 'deploy'],
  ["a fork's pull request", 'refuse-fork'],
  ["a deleted fork's pull request", 'refuse-fork'],
  ['a fork by pull_request_target', 'refuse-fork'],
  ["a fork's workflow_run", 'refuse-fork'],
] as const)('deploy.yml by %s: %s', (event, expected) => {
  expect(begun('deploy', context(event))).toEqual([expected]);
});

test.each([
  ['push', 'plan'],
  ['dispatch', 'plan'],
  ['own pull request', 'preview'],
  ["a fork's pull request", 'preview'],
  ['a fork by pull_request_target', 'preview'],
] as const)('release.yml by %s: %s', (event, expected) => {
  expect(begun('release', context(event))).toEqual([expected]);
});

/** What the steps of the preview are, in short. */
const previewed = (contexts: Contexts) =>
  job('release', 'preview')
    .steps!.filter(step => step.if === undefined || holds(step.if, contexts))
    .map(({ uses, run, with: { mode } = {} }) => mode ?? (run === undefined ? uses!.split('@')[0] : 'refusal'));

test.each([
  ['own pull request', 'anna', ['actions/checkout', 'plan']],
  ['own pull request', 'dependabot[bot]', ['actions/checkout', 'build']],
  ["a fork's pull request", 'mallory', ['actions/checkout', 'build']],
] as const)('preview of %s by %s: %j', (event, actor, expected) => {
  expect(previewed(context(event, {}, {}, actor))).toEqual(expected);
});

test('preview by pull_request_target begins with a refusal', () => {
  expect(previewed(context('a fork by pull_request_target'))[0]).toBe('refusal');
});

test('a release is verified when it has an image, unless that was left out', () => {
  const verified = (verify: boolean, image: string) =>
    holds(job('release', 'verify').if!, context('push', { verify }, { image: { outputs: { image } } }));
  expect([verified(true, 'ghcr.io/a@sha256:0'), verified(true, ''), verified(false, 'ghcr.io/a@sha256:0')]).toEqual([
    true,
    false,
    false,
  ]);
});

describe('recover', () => {
  const inputs = { mode: 'deploy', recover: 'abort' };
  const recovers = (result: string, given = {}) =>
    holds(job('deploy', 'recover').if!, context('dispatch', { ...inputs, ...given }, { deploy: { result } }));

  test.each([
    ['failure', true],
    ['cancelled', true],
    ['success', false],
    ['skipped', false],
  ])('after a deploy that ended in %s: %s', (result, expected) => {
    expect(recovers(result)).toBe(expected);
  });

  test.each([
    ['rollback', true],
    ['promote', true],
    ['resume', true],
    ['plan', false],
    ['status', false],
    ['abort', false],
    ['pause', false],
    ['audit', false],
    ['verify', false],
  ])('of a failed %s: %s', (mode, expected) => {
    expect(recovers('failure', { mode })).toBe(expected);
  });

  test('not when nobody wants it', () => expect(recovers('failure', { recover: 'none' })).toBe(false));
});

describe('groups', () => {
  const { group, 'cancel-in-progress': cancels } = reusable.get('deploy')!.concurrency!;
  const of = (mode: string, environment: string, run = '77') =>
    fillIn(group, { github: { run_id: run }, inputs: { mode, environment, 'working-directory': '.' } });

  test('a deployment is never cancelled midway', () => expect(cancels).toBe(false));

  test.each(['rollback', 'promote', 'resume', 'release'])('%s waits for a deploy to the same environment', mode => {
    expect(of(mode, 'production', '78')).toBe(of('deploy', 'production'));
    expect(of(mode, 'production', '78')).not.toBe(of('deploy', 'staging'));
  });

  test.each(['plan', 'status', 'audit', 'verify', 'abort', 'pause'])('%s does not wait', mode => {
    expect(of(mode, 'production', '78')).not.toBe(of('deploy', 'production'));
  });
});

test.each([
  ['deploy deploy', {}, 'production'],
  ['deploy deploy', { 'github-environment': 'prod-eu' }, 'prod-eu'],
  ['deploy deploy', { 'github-environment': 'none' }, ''],
  ['deploy deploy', { 'recover-environment': 'unasked' }, 'production'],
  ['deploy recover', {}, 'production'],
  ['deploy recover', { 'github-environment': 'prod-eu' }, 'prod-eu'],
  ['deploy recover', { 'recover-environment': 'unasked' }, 'unasked'],
  ['deploy recover', { 'github-environment': 'none', 'recover-environment': 'unasked' }, ''],
  ['audit audit', { 'github-environment': 'none' }, ''],
  ['audit audit', { 'github-environment': 'production-read' }, 'production-read'],
])('approvals of %s with %j: "%s"', (path, given, expected) => {
  const [workflow, name] = path.split(' ');
  const { environment } = job(workflow!, name!);
  const inputs = { environment: 'production', 'github-environment': '', 'recover-environment': '', ...given };
  expect([fillIn(environment!.name, { inputs }), environment!.deployment]).toEqual([expected, false]);
});
