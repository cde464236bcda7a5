import { describe, expect, test } from '@jest/globals';
import { sample } from './description.ts';
import { printed, withGitHub } from './support.ts';

const { fake, run } = withGitHub();
const drift = { marker: 'audit production', title: 'production has drifted', state: 'open' } as const;
const audit = (markdown: string, state: 'open' | 'closed' = 'open') => run().oneIssue({ ...drift, markdown, state });
const issues = () => fake().repository.issues.map(({ number, state, body }) => ({ number, state, body }));

describe('the one issue of an audit', () => {
  test('is opened, updated, closed with a last word, and opened again', async () => {
    await audit('web1 runs another binary');
    await audit('web1 and web2 run another binary');
    const body = '<!-- slipway: audit production -->\nweb1 and web2 run another binary';
    expect(issues()).toEqual([{ number: 1, state: 'open', body }]);
    expect(fake().repository.issues[0]).toMatchObject({ title: drift.title, labels: [{ name: 'slipway' }] });

    await audit('everything is as recorded', 'closed');
    expect(issues()).toEqual([{ number: 1, state: 'closed', body }]);
    expect(fake().repository.comments).toMatchObject([{ issue: '1', body: expect.stringContaining('as recorded') }]);

    await audit('web1 again');
    expect(issues()).toEqual([{ number: 1, state: 'open', body: '<!-- slipway: audit production -->\nweb1 again' }]);
  });

  test('nothing to report and no issue: nothing is written', async () => {
    await audit('all is well', 'closed');
    expect(fake().written).toEqual([]);
  });

  test('the same findings are not written again', async () => {
    await audit('web1');
    await audit('web1');
    expect(fake().written).toEqual(['POST …/issues']);
  });

  test('a stranger’s issue and a pull request with our marker are not touched', async () => {
    const labels = [{ name: 'slipway' }];
    const body = '<!-- slipway: audit production -->\nmine';
    const common = { ...sample('issue'), body, labels, state: 'open', id: 1 };
    const user = { ...sample('simple-user'), type: 'User' };
    fake().repository.issues.push({ ...common, number: 1, user, author_association: 'NONE' });
    const pull_request = { url: null, html_url: null, diff_url: null, patch_url: null };
    fake().repository.issues.push({ ...common, number: 2, user, author_association: 'OWNER', pull_request });
    await audit('web1');
    expect(issues().map(one => one.body)).toEqual([body, body, '<!-- slipway: audit production -->\nweb1']);
  });

  test('the answer to its opening is lost: it is found again, not opened twice', async () => {
    fake().faults.push({ at: /^POST …\/issues$/, what: 'reset-after' });
    await printed(() => audit('web1'));
    expect(issues()).toHaveLength(1);
  });

  test('without issues: write a warning names that line', async () => {
    fake().permissions = { contents: 'read' };
    expect(await printed(() => audit('web1'))).toMatch(/^::warning::.*the token lacks issues: (write|read)/m);
  });
});
