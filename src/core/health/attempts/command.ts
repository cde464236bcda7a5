import type { CommandCheck } from '../check.ts';
import { expectPatterns } from '../expectations.ts';
import { headOfText } from '../http.ts';
import { ProbeFailure } from '../observation.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { runOn } from './on-host.ts';

/** Runs the program; its exit code and what it printed are the answer. */
export async function command(check: CommandCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  trace.enter('firstByte');
  const { code, stdout, stderr } = await runOn(check.argv, check.on, options);
  trace.leave('firstByte');
  const printed = `${stdout}${stderr}`;
  trace.bodyHead = headOfText([Buffer.from(printed.slice(-1024))]);
  if (!check.exit.some(([from, to]) => from <= code && code <= to)) {
    const wanted = check.exit.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(',');
    const last = (stderr.trim() || stdout.trim()).split('\n').at(-1) ?? '';
    const said = last === '' ? '' : `: ${headOfText([Buffer.from(last.slice(0, 200))])}`;
    throw new ProbeFailure('exit', `exit code ${code} instead of ${wanted}${said}`);
  }
  const lacking = check.contains.find(text => !printed.includes(text));
  if (lacking !== undefined)
    throw new ProbeFailure('output', `what it prints does not contain ${JSON.stringify(lacking)}`);
  expectPatterns(check, printed, 'what it prints', 'output');
  return `exit code ${code}`;
}
