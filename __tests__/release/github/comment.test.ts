import { describe, expect, test } from '@jest/globals';
import { shortenBody } from '../../../src/release/github/shorten.ts';
import { sample } from './description.ts';
import { printed, withGitHub } from './support.ts';

const { fake, run } = withGitHub();
const bodies = () => fake().repository.comments.map(one => one['body']);
const say = (markdown: string, env: NodeJS.ProcessEnv = {}) => run(env).stickyComment(7, 'plan production', markdown);

/** A comment that somebody else wrote. */
function foreign(body: string, author: { type: string; association: string }): void {
  fake().repository.comments.push({
    ...sample('issue-comment'),
    ...{ id: fake().repository.nextId(), issue: '7', body, author_association: author.association },
    user: { ...sample('simple-user'), login: 'somebody', type: author.type },
  });
}

describe('the sticky comment', () => {
  test('one, updated in place, among many others', async () => {
    for (let i = 0; i < 130; i++) foreign(`comment ${i}`, { type: 'User', association: 'NONE' });
    await say('## Plan\nfirst');
    await say('## Plan\nsecond');
    expect(bodies().slice(130)).toEqual(['<!-- slipway: plan production -->\n## Plan\nsecond']);
  });

  test('the same text is not written again', async () => {
    await say('## Plan');
    await say('## Plan');
    expect(fake().written).toEqual(['POST …/issues/{issue_number}/comments']);
  });

  test('each marker has its own', async () => {
    await say('production');
    await run().stickyComment(7, 'plan staging', 'staging');
    expect(bodies()).toHaveLength(2);
  });

  test('a stranger’s comment with our marker is not touched', async () => {
    const theirs = '<!-- slipway: plan production -->\nlooks good, merge it';
    foreign(theirs, { type: 'User', association: 'CONTRIBUTOR' });
    await say('## Plan');
    expect(bodies()).toEqual([theirs, '<!-- slipway: plan production -->\n## Plan']);
  });

  test('of two that were written at once, one stays', async () => {
    for (const text of ['one', 'two'])
      foreign(`<!-- slipway: plan production -->\n${text}`, { type: 'Bot', association: 'NONE' });
    await say('three');
    expect(bodies()).toEqual(['<!-- slipway: plan production -->\nthree']);
  });

  test('a plan that is too long is cut, and says where the whole is', async () => {
    await say(`<details>\n\n\`\`\`diff\n${'+ a line\n'.repeat(10_000)}\`\`\`\n</details>\n`);
    const [body] = bodies() as string[];
    expect(body!.length).toBeLessThanOrEqual(65_536);
    expect(body).toMatch(
      /\+ a line\n```\n<\/details>\n_The rest did not fit into a comment; the \[job summary\]\(https:\/\/github\.test\/acme\/hello\/actions\/runs\/100\) has it all\._$/,
    );
  });

  test('the answer to its creation is lost: it is found again, not written twice', async () => {
    fake().faults.push({ at: /^POST/, what: 'reset-after' });
    await printed(() => say('## Plan'));
    expect(bodies()).toHaveLength(1);
  });

  test('with pull-requests: write alone; without it a warning names that line', async () => {
    fake().permissions = { 'pull-requests': 'write' };
    await say('## Plan');
    expect(bodies()).toHaveLength(1);
    fake().permissions = { contents: 'read', 'pull-requests': 'read' };
    const log = await printed(() => say('## Another'));
    expect(log).toMatch(/^::warning::commenting on pull request 7 in acme\/hello: .*lacks pull-requests: write/m);
  });
});

test.each([
  { name: 'text', markdown: `${'a line\n'.repeat(40)}`, end: 'a line\n\nNOTE' },
  { name: 'code', markdown: `\`\`\`\`text\n${'```\n'.repeat(90)}\`\`\`\`\n`, end: '```\n````\nNOTE' },
  {
    name: 'nested details',
    markdown: `<details>\n<details>\n${'a line\n'.repeat(60)}`,
    end: 'a line\n</details>\n</details>\nNOTE',
  },
])('what is cut is closed: $name', ({ markdown, end }) => {
  const text = shortenBody(markdown, 260, 'NOTE');
  expect(text.length).toBeLessThanOrEqual(260);
  expect(text.endsWith(end)).toBe(true);
});
