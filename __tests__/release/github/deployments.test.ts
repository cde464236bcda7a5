import { describe, expect, test } from '@jest/globals';
import { sample } from './description.ts';
import { printed, withGitHub } from './support.ts';

const { fake, run } = withGitHub();
const commit = 'a'.repeat(40);
const production = { environment: 'production', ref: commit, version: 'v1.2.3', url: 'https://hello.example.com' };
const page = 'https://github.test/acme/hello/actions/runs/100';

/** What GitHub shows of each deployment: its states, oldest first. */
const shown = () => fake().repository.deployments.map(one => one.statuses.map(({ state }) => state).join(' → '));

describe('a deployment on GitHub', () => {
  test('begins, and ends as a success with its URL and the run', async () => {
    const deployment = await run().beginDeployment(production);
    expect(shown()).toEqual(['in_progress']);
    await deployment.end('success', 'verified: v1.2.3');
    expect(shown()).toEqual(['in_progress → success']);
    const [made] = fake().repository.deployments;
    expect(made).toMatchObject({ ref: commit, environment: 'production', auto_merge: false, required_contexts: [] });
    expect(made!.statuses.at(-1)).toMatchObject({
      description: 'verified: v1.2.3',
      environment_url: 'https://hello.example.com',
      log_url: page,
    });
  });

  test.each(['production', 'staging'])('a success in %s makes the one before inactive', async environment => {
    const first = await run({ GITHUB_RUN_ID: '99' }).beginDeployment({ ...production, environment });
    await first.end('success', 'verified');
    await (await run().beginDeployment({ ...production, environment })).end('success', 'verified');
    expect(shown()).toEqual(['in_progress → success → inactive', 'in_progress → success']);
  });

  test('a failure leaves the one before as it is: it serves', async () => {
    await (await run({ GITHUB_RUN_ID: '99' }).beginDeployment(production)).end('success', 'verified');
    await (await run().beginDeployment(production)).end('failure', 'rolled back');
    expect(shown()).toEqual(['in_progress → success', 'in_progress → failure']);
  });

  test('other environments are left alone', async () => {
    await (await run({ GITHUB_RUN_ID: '99' }).beginDeployment({ ...production, environment: 'staging' })).end(
      'success',
      '',
    );
    await (await run().beginDeployment(production)).end('success', '');
    expect(shown()).toEqual(['in_progress → success', 'in_progress → success']);
  });

  test('a sentence that is too long for GitHub is cut', async () => {
    await (await run().beginDeployment(production)).end('failure', 'x'.repeat(200));
    expect(fake().repository.deployments[0]!.statuses.at(-1)!['description']).toBe(`${'x'.repeat(139)}…`);
  });

  test('the one that GitHub made for the job’s environment is used, not a second one made', async () => {
    const id = fake().repository.nextId();
    const status = { ...sample('deployment-status'), id, state: 'in_progress', log_url: `${page}/job/5` };
    fake().repository.deployments.push({
      ...sample('deployment'),
      ...{ id, sha: commit, environment: 'production', payload: {}, created_at: new Date().toISOString() },
      statuses: [status],
    });
    await (await run().beginDeployment(production)).end('success', 'verified');
    expect(shown()).toEqual(['in_progress → in_progress → success']);
  });

  test('a cancelled run still says how it ended', async () => {
    const controller = new AbortController();
    const deployment = await run({}, controller.signal).beginDeployment(production);
    controller.abort(new Error('cancelled'));
    await deployment.end('failure', 'cancelled');
    expect(shown()).toEqual(['in_progress → failure']);
  });
});

describe('a run that died', () => {
  const die = (env: NodeJS.ProcessEnv = {}) => run(env).beginDeployment(production);

  test.each([
    { name: 'of a run that has ended', run: { status: 'completed' }, left: 'error' },
    { name: 'of a run that was deleted', run: undefined, left: 'error' },
    { name: 'of a run that goes on', run: { status: 'in_progress', run_attempt: 1 }, left: 'in_progress' },
    { name: 'of an attempt before the present one', run: { status: 'in_progress', run_attempt: 2 }, left: 'error' },
  ])('its deployment is marked by the next: $name', async ({ run: state, left }) => {
    await die({ GITHUB_RUN_ID: '99' });
    if (state !== undefined) fake().repository.runs.set('99', state);
    await (await run().beginDeployment(production)).end('success', '');
    expect(shown()[0]!.split(' → ').at(-1)).toBe(left);
    expect(shown()[1]).toBe('in_progress → success');
  });

  test('the second attempt of the same run marks what the first left', async () => {
    await die();
    await run({ GITHUB_RUN_ATTEMPT: '2' }).beginDeployment(production);
    expect(shown()).toEqual(['in_progress → error', 'in_progress']);
  });

  test('the job that cleans up marks what its own run left; others that go on stay', async () => {
    fake().repository.runs.set('99', { status: 'in_progress', run_attempt: 1 });
    await die({ GITHUB_RUN_ID: '99' });
    await die();
    await run().endAbandoned('production', { sameRun: true });
    expect(shown()).toEqual(['in_progress', 'in_progress → error']);
  });

  test('who may not ask about runs leaves a young one, and marks one that no job can live as long as', async () => {
    delete fake().permissions['actions'];
    await die({ GITHUB_RUN_ID: '98' });
    await die({ GITHUB_RUN_ID: '99' });
    fake().repository.deployments[0]!['created_at'] = new Date(Date.now() - 6 * 24 * 3_600_000).toISOString();
    await run().beginDeployment(production);
    expect(shown()).toEqual(['in_progress → error', 'in_progress', 'in_progress']);
  });
});

describe('GitHub fails while a deployment is told', () => {
  test('the answer to the creation is lost: it is found again, not made twice', async () => {
    fake().faults.push({ at: /^POST …\/deployments$/, what: 'reset-after' });
    await printed(() => run().beginDeployment(production));
    expect(shown()).toEqual(['in_progress']);
  });

  test.each([
    { name: 'a missing permission', set: () => delete fake().permissions['deployments'] },
    { name: 'a 409', set: () => fake().faults.push({ at: /^POST …\/deployments$/, what: { status: 409 } }) },
    { name: 'a server that is down', set: () => fake().faults.push({ at: /./, what: { status: 503 }, times: 99 }) },
    { name: 'cut connections', set: () => fake().faults.push({ at: /./, what: 'reset-before', times: 99 }) },
  ])('$name is a warning, and the run goes on', async ({ set }) => {
    set();
    const log = await printed(async () => (await run().beginDeployment(production)).end('success', ''));
    expect(log).toMatch(/^::warning::(creating|listing) the deployments? to production/m);
  });

  test('the warning has the line that is missing in the workflow', async () => {
    fake().permissions['deployments'] = 'read';
    const log = await printed(() => run().beginDeployment(production));
    expect(log).toContain('the token lacks deployments: write [GITHUB_PERMISSION]');
    expect(log).toContain('permissions: { deployments: write');
  });
});
