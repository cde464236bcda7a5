import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import { lookAround } from './around.ts';
import { joinErrors, onAll } from './fleet.ts';
import type { HostSession } from './host-session.ts';
import type { definition } from './inputs.ts';
import { lookAtBalancers } from './look-at-balancers.ts';
import type { SitesInFront } from './proxy/sites-in-front.ts';
import { setOutputs } from './report.ts';
import type { Settings } from './settings.ts';
import { isWell, statusLine, statusSummary } from './status.ts';

type Here = Context<typeof definition.inputs>;

export async function showStatus(
  sessions: readonly HostSession[],
  sites: SitesInFront,
  settings: Settings,
  context: Here,
): Promise<void> {
  const { results, errors: failed } = await onAll(sessions, async session => {
    const facts = await session.facts();
    return { place: session.place, facts, around: await lookAround(session, facts) };
  });
  const isNeeded = results.some(({ facts }) => facts.current !== '');
  const looked = [await sites.look(isNeeded), await lookAtBalancers(sessions, settings, context.signal)];
  const front = { results: looked.flatMap(one => one.results), errors: looked.flatMap(one => one.errors) };
  const errors = [...failed, ...front.errors];
  const lines = [
    ...results.map(({ place, facts, around }) => ({ head: statusLine(place, facts), around })),
    ...front.results.map(({ place, around }) => ({ head: `${place}: the load balancer`, around })),
  ].flatMap(({ head, around }) => [head, ...around.map(({ words }) => `  ${words}`)]);
  for (const line of lines) log.info(line);
  context.output('status', lines.join('\n'));
  const areInFront = front.results.every(({ around }) => !around.some(one => one.isWrong));
  const state = results.every(isWell) && areInFront && errors.length === 0 ? 'healthy' : 'failed';
  setOutputs(
    context,
    state,
    results.map(({ place, facts }) => ({ place, previous: facts.current })),
    false,
  );
  await context.summary(statusSummary(results, front.results));
  if (errors.length > 0) throw joinErrors(errors, sessions.length + front.results.length + front.errors.length);
}
