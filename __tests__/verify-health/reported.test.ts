import { describe, expect, test } from '@jest/globals';
import { parseJsonPath } from '../../src/core/health/json-path.ts';
import { otherThan, reportedCheck } from '../../src/verify-health/reported.ts';

const ours = { version: 'v1.2.3', commit: `c0ffee1${'0'.repeat(33)}` };
const info = (revision: string, modified = 'false', version = 'v1.2.3') =>
  `go\tgo1.26.8\npath\texample.com/hello\nmod\texample.com/hello\t${version}\t\nbuild\t-trimpath=true\nbuild\tvcs.revision=${revision}\nbuild\tvcs.modified=${modified}\n`;

describe('otherThan', () => {
  test.each([
    ['the version', '{"version": "v1.2.3"}'],
    ['version and revision', `{"version": "v1.2.3", "revision": "${ours.commit}"}`],
    ['a short commit', '{"commit": "c0ffee1"}'],
    ['a build without a revision', '{"version": "v1.2.3", "revision": "unknown"}'],
    ['build information', info(ours.commit)],
    ['build information of a development build', info(ours.commit, 'false', '(devel)')],
    ['`go version -m`', info(ours.commit).replaceAll(/^/gm, '\t')],
  ])('ours: %s', (_, body) => expect(otherThan(ours, body)).toBeUndefined());

  test.each([
    ['another version', '{"version": "v1.2.2"}', 'v1.2.2 instead of v1.2.3'],
    ['another revision', `{"version": "v1.2.3", "revision": "${'d'.repeat(40)}"}`, 'revision d'],
    ['too short to tell', '{"revision": "c0ffee"}', 'revision c0ffee instead'],
    ['a changed tree', info(ours.commit, 'true'), 'vcs.modified'],
    ['another build', info('d'.repeat(40)), 'revision d'],
    ['nothing of the kind', '{"status": "ok"}', 'neither a version nor a revision'],
    ['no information', 'ok', 'neither a version nor a revision'],
    ['an empty body', '', 'neither'],
  ])('not ours: %s', (_, body, words) => expect(otherThan(ours, body)).toContain(words));

  test.each([
    ['{"app": {"version": "v1.2.3"}}', undefined],
    ['{"app": {"version": "c0ffee1"}}', undefined],
    ['{"app": {"version": "v1.2.2"}}', 'v1.2.2 instead of v1.2.3'],
    ['{"app": {}}', 'nothing at $.app.version'],
    ['v1.2.3', 'not JSON'],
  ])('at a path: %s', (body, words) => {
    const said = otherThan(ours, body, parseJsonPath('$.app.version'));
    if (words === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(words);
  });
});

test('URL and path', () => {
  expect(reportedCheck('https://host/version $.v', ours, 20)).toMatchObject({
    name: 'https://host/version reports v1.2.3',
  });
  expect(() => reportedCheck('https://host/version $.v more', ours, 20)).toThrow('URL [JSON-PATH]');
});
