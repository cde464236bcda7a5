import { schemas } from '../release/definitions.ts';
import { doctor as look, unmet } from '../release/doctor/doctor.ts';
import { documentOf, textOf } from '../release/doctor/render.ts';
import type { Call } from './call.ts';
import { bundles } from './chain.ts';
import { environmentOf } from './environment.ts';
import { exitCodes } from './exit-codes.ts';
import { requestOf } from './request-of.ts';

/** `slipway doctor`: the production checklist. @returns 1 where something required is not met; with --strict, anything */
export async function doctor(call: Call): Promise<number> {
  const { terminal, given, signal, document } = call;
  const report = await look(requestOf('doctor', call), {
    dist: bundles(import.meta.dirname),
    schemas,
    env: environmentOf(call.env),
    signal,
    summary: async () => {},
    onBegin: title => terminal.doing(title),
    onOutput: chunk => terminal.fromAction(chunk),
  });
  terminal.doing(undefined);
  const open = given.has('strict') ? report.findings.filter(one => one.state !== 'pass') : unmet(report);
  const code = open.length === 0 ? exitCodes.done : exitCodes.failed;
  const colours = { '✗': 'red', '?': 'yellow' } as const;
  for (const line of textOf(report)) {
    const colour = colours[line[0] as keyof typeof colours];
    terminal.say(colour === undefined ? line : terminal.style(line, colour));
  }
  document({ command: 'doctor', code, findings: documentOf(report) });
  return code;
}
