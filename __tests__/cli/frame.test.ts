import { readFile } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { commonOptions } from '../../src/cli/commands/options.ts';
import { commands } from '../../src/cli/commands.ts';
import { codeOfError, codeOfResult, meanings } from '../../src/cli/exit-codes.ts';
import { commandHelp, generalHelp } from '../../src/cli/help.ts';
import { readOptions } from '../../src/cli/options.ts';
import { RunnerCommands } from '../../src/cli/runner-commands.ts';
import { Terminal } from '../../src/cli/terminal.ts';
import { SlipwayError } from '../../src/core/errors.ts';
import type { Done } from '../../src/release/links.ts';

const deploy = commands.find(({ name }) => name === 'deploy')!;
const read = (...args: string[]) => readOptions(args, [...deploy.options, ...commonOptions], 'deploy');

test('options: long, short, with =, several times', () => {
  const given = read('--environment=production', '--version', 'v1', '-y', '--release', 'a', '--release', 'b');
  expect([given.text('environment'), given.text('version'), given.has('yes')]).toEqual(['production', 'v1', true]);
  expect([given.list('release'), given.has('json'), given.text('from')]).toEqual([['a', 'b'], false, undefined]);
});

test.each([
  ['one that it does not have', ['--enviroment', 'x'], 'did you mean "--environment"'],
  ['no value', ['--version'], '--version needs a value: VERSION'],
  ['another option where a value belongs', ['--version', '--yes'], '--version needs a value'],
  ['a value for a switch', ['--yes=no'], 'takes no value'],
  ['one option twice', ['--version', 'v1', '--version', 'v2'], 'given twice'],
  ['a word alone', ['v1'], '"v1" is not understood'],
])('options: %s', (_, args, message) => {
  expect(() => read(...args)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
  );
});

test('help names every command with an example, and every exit code', () => {
  for (const command of commands) {
    expect(generalHelp()).toContain(`  ${command.name}`);
    expect(commandHelp(command)).toContain(`slipway ${command.name}`);
    expect(command.examples.length).toBeGreaterThan(0);
    for (const [example] of command.examples) {
      const [, name, ...args] = example.split(' ');
      expect(name).toBe(command.name);
      expect(() => readOptions(args, [...command.options, ...commonOptions], command.name)).not.toThrow();
    }
  }
  for (const code of ['0', '1', '2', '3', '4', '130'])
    expect(generalHelp()).toMatch(new RegExp(`^ {2}${code} +\\S`, 'm'));
});

test('the README says the same of the exit codes', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  for (const [code, meaning] of Object.entries(meanings))
    expect(readme.replaceAll('`', '')).toContain(`| ${code} | ${meaning} |`);
});

const done = (name: string, code: number) => [{ name, title: name, code }] as unknown as Done[];

test.each([
  ['all went well', { done: done('verify-health', 0), left: [], verdict: 'verified' }, 0],
  ['a build failed', { done: done('setup-go-cross', 1), left: ['deploy'] }, 1],
  ['a deployment went back', { done: done('deploy-ssh-systemd', 1), left: [], state: 'rolled-back' }, 4],
  ['a rollout waits', { done: done('deploy-k8s-canary', 1), left: [], state: 'inconclusive' }, 3],
  ['not enough evidence', { done: done('verify-health', 1), left: [], verdict: 'inconclusive' }, 3],
  ['not verified', { done: done('verify-health', 1), left: [], verdict: 'failed' }, 1],
])('exit code: %s', (_, result, expected) => {
  expect(codeOfResult(result, false)).toBe(expected);
  expect(codeOfResult(result, true)).toBe(130);
});

test('exit code of an error before anything was begun', () => {
  for (const code of [
    'USAGE',
    'CONFIG_INVALID',
    'VERSION_MISSING',
    'NOT_VERIFIED',
    'CHECKLIST_UNMET',
    'TLS_MISSING',
    'OBSERVE_MISSING',
  ])
    expect([code, codeOfError(new SlipwayError(code, ''), false)]).toEqual([code, 2]);
  expect(codeOfError(new SlipwayError('CONNECT_FAILED', ''), false)).toBe(1);
  expect(codeOfError(new Error('x'), true)).toBe(130);
});

function terminalOf(isTTY: boolean, env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY, columns: 40 })];
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { terminal: new Terminal({ stdout, stderr }, env), out: () => text(stdout), err: () => text(stderr) };
}

test('what actions print for a runner becomes plain lines; masks are learned and never shown', () => {
  const { terminal, err } = terminalOf(false);
  terminal.fromAction('::add-mask::hunter22%25\n::group::Building hun');
  terminal.fromAction('ter22%\nkey hunter22% here\n::endgroup::\n::error file=main.go,line=3::broken%0Asecond\n');
  terminal.fromAction(
    '::warning::careful\n::debug::inner\n::set-output name=a::b\n::add-path::/x\n::set-env name=A::b\n::save-state name=a::b\n',
  );
  expect(err()).toBe('Building ***\nkey *** here\nerror: main.go:3: broken\nsecond\nwarning: careful\n');
});

test('masks: every line of a secret, the longest first, not what is too short to be one', () => {
  const commands = new RunnerCommands();
  for (const secret of ['abc', 'abcdef', 'x', 'first line%0Asecond line']) commands.read(`::add-mask::${secret}`);
  expect(commands.mask('abcdef abc x / second line')).toBe('*** *** x / ***');
});

test('commands that are stopped are text until their word comes', () => {
  const commands = new RunnerCommands();
  expect(commands.read('::stop-commands::word')).toBeUndefined();
  expect(commands.read('::error::not one')).toEqual({ kind: 'text', text: '::error::not one' });
  expect(commands.read('::word::')).toBeUndefined();
  expect(commands.read('::error::one')).toEqual({ kind: 'error', text: 'one' });
});

test.each([
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['NO_COLOR', true, { NO_COLOR: '1' }, false],
  ['TERM=dumb', true, { TERM: 'dumb' }, false],
])('colours and the moving line: %s', (_, isTTY, env, expected) => {
  const { terminal, err } = terminalOf(isTTY, env);
  terminal.doing('deploy-ssh-systemd (hosts)');
  terminal.say(terminal.style('bad', 'red'));
  terminal.doing(undefined);
  const said = err();
  expect(said.includes('\u001b[31mbad')).toBe(expected);
  expect(said.includes('deploy-ssh-systemd (hosts) 0 s')).toBe(expected);
  if (!expected) expect(said).toBe('bad\n');
});

test('what was asked for goes to standard output, everything else to standard error', () => {
  const { terminal, out, err } = terminalOf(false);
  terminal.print('{"a":1}');
  terminal.say('on the way');
  expect([out(), err()]).toEqual(['{"a":1}\n', 'on the way\n']);
});
