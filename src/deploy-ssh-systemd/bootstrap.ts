import type { Context } from '../core/action.ts';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { table } from '../core/summary.ts';
import { withFilter } from './firewall/host.ts';
import { joinErrors, onAll } from './fleet.ts';
import type { HostSession } from './host-session.ts';
import type { definition } from './inputs.ts';
import type { Settings } from './settings.ts';
import { code } from './summary.ts';
import { letsOf, systemFiles } from './system-files.ts';

/** What bootstrap did on a host, or would do. */
export interface Bootstrapped {
  readonly user: string;
  /** One line each; empty when everything is there already. */
  readonly changes: readonly string[];
  /** Whether the user may do everything by sudo all the same. */
  readonly wide: boolean;
}

/** Installs the agent, what it may deploy and the line of sudoers for it; each whole or not at all, and only what is not there yet. */
export async function bootstrapHost(session: HostSession, settings: Settings, dry: boolean): Promise<Bootstrapped> {
  const user = settings.agentUser ?? session.host.user;
  if (user === 'root')
    throw new SlipwayError('AGENT_USER_MISSING', `${session.place}: root needs no agent`, {
      hint: 'Give `agent-user`: the user who will deploy.',
    });
  const facts = await session.facts(); // names the service to the agent
  // it is there and allows this service, or facts would have been refused
  if (dry && session.way === 'agent') return { user, changes: [], wide: false };
  const answer = await session.ask('bootstrap', [
    user,
    settings.runAs,
    ...[dry, settings.createUser].map(yes => (yes ? 'yes' : 'no')),
    ...letsOf(systemFiles(await withFilter(session, settings), facts)),
  ]);
  return { user, changes: answer.all('change'), wide: answer.text('wide') === 'yes' };
}

/** The lines for the log and the plan. Pure. */
export function bootstrapLines(
  { user, changes, wide }: Bootstrapped,
  { service, directory }: Settings,
  dry: boolean,
): string[] {
  const done = dry ? 'would write' : 'wrote';
  return [
    changes.length === 0
      ? `bootstrap: nothing to change; ${user} may deploy ${service} in ${directory} by the agent`
      : `bootstrap ${dry ? 'would let' : 'lets'} ${user} deploy ${service} in ${directory} by the agent`,
    ...changes.map(change => `  ${done} ${change}`),
    ...(wide ? [`  ${user} may run any program as root by another line of sudoers; take that out to confine it`] : []),
  ];
}

/** mode: bootstrap on all hosts; with mode: plan, what it would do. */
export async function bootstrap(
  sessions: readonly HostSession[],
  settings: Settings,
  { output, summary }: Context<typeof definition.inputs>,
): Promise<void> {
  const dry = settings.mode === 'plan';
  const { results, errors } = await onAll(sessions, async session => {
    const done = await bootstrapHost(session, session.settings, dry);
    for (const line of bootstrapLines(done, session.settings, dry)) log.info(`${session.place}: ${line}`);
    return { place: session.place, ...done };
  });
  output('state', errors.length > 0 ? 'failed' : dry ? 'planned' : 'bootstrapped');
  output('changed', String(!dry && results.some(({ changes }) => changes.length > 0)));
  const rows = results.map(({ place, user, changes }) => [code(place), user, changes.join('<br>') || 'nothing']);
  await summary(table(['Host', 'User of the agent', dry ? 'Would write' : 'Wrote'], rows));
  if (errors.length > 0) throw joinErrors(errors, sessions.length);
}
