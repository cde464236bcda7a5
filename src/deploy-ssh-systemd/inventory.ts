import { SlipwayError } from '../core/errors.ts';
import { formatHost } from '../core/ssh/hosts.ts';
import type { Host } from './hosts.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { chosenBy, type Selector } from './selector.ts';
import type { Settings } from './settings.ts';

/** The role of those that are not deployed to: they are the load balancers of the others. */
export const balancerRole = 'lb';
const changing = ['deploy', 'rollback', 'restart', 'converge'];

export interface Inventory {
  /** To deploy to, as `limit` says. */
  readonly hosts: readonly Host[];
  /** With its hosts, whichever input names them. */
  readonly loadBalancer: LoadBalancer | undefined;
}

/**
 * Who is deployed to, and who is in front of them. Pure.
 *
 * @throws HOST_INVALID, LOAD_BALANCER_INVALID, SELECTOR_UNKNOWN, SELECTOR_EMPTY
 */
export function inventory(
  all: readonly Host[],
  limit: readonly Selector[],
  given: LoadBalancer | undefined,
  mode: Settings['mode'],
): Inventory {
  const balancers = all.filter(host => host.roles.includes(balancerRole));
  const both = balancers.find(host => host.roles.length > 1);
  if (both !== undefined)
    throw invalid(
      `input "hosts": ${formatHost(both)} has the role lb and others`,
      'A host with the role lb is not deployed to. Name it in load-balancer.hosts instead if it is to be.',
    );
  if (balancers.length > 0 && given === undefined && changing.includes(mode))
    throw invalid(
      `input "load-balancer" is missing, and ${formatHost(balancers[0]!)} has the role lb`,
      'Say what it is: {nginx: FILE, server: "{host}:8080"}, say.',
    );
  const others = all.filter(host => !balancers.includes(host));
  if (others.length === 0) throw invalid('input "hosts" has load balancers only', 'Add a host to deploy to.');
  return { hosts: chosenBy(limit, others, 'input "limit"'), loadBalancer: withHosts(given, balancers) };
}

function withHosts(given: LoadBalancer | undefined, balancers: readonly Host[]): LoadBalancer | undefined {
  if (given === undefined || given.kind === 'command') return given;
  if (given.hosts.length > 0 && balancers.length > 0)
    throw invalid('the load balancers are named twice', 'By the role lb, or by load-balancer.hosts.');
  if (given.hosts.length === 0 && balancers.length === 0)
    throw invalid('input "load-balancer" has no hosts', 'Give it `hosts`, or give hosts the role lb.');
  return given.hosts.length > 0 ? given : { ...given, hosts: balancers };
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('HOST_INVALID', message, { hint: `Nothing was changed. ${hint}` });
}
