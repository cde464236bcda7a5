import { randomBytes } from 'node:crypto';
import type { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { HostFacts } from '../facts.ts';
import { joinErrors, onAll } from '../fleet.ts';
import { HostSession } from '../host-session.ts';
import { lock } from '../lock.ts';
import { diff } from '../plan.ts';
import { refused } from '../preflight.ts';
import { removeHost } from '../remove.ts';
import type { Settings } from '../settings.ts';
import { type SystemFile, systemObstacles } from '../system-files.ts';
import { type BalancedSite, behind, serverOf } from './balanced-site.ts';
import { certifyRequests } from './certificate.ts';
import { lookInFront, type SeenInFront } from './look-in-front.ts';
import { siteOf } from './nginx-site.ts';

/** A load balancer that was looked at. */
interface Looked {
  readonly session: HostSession;
  readonly facts: HostFacts;
  /** With those out that are out. */
  readonly file: SystemFile;
  /** With all of them in. */
  readonly whole: string;
}

/** The site on the load balancers: it comes when all hosts serve, and in front of those that it has each is taken out. */
export class SitesInFront implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #site: BalancedSite | undefined;
  readonly #sessions: readonly HostSession[];
  readonly #signal: AbortSignal;
  #looked: readonly Looked[] = [];

  constructor(settings: Settings, signal: AbortSignal) {
    this.#settings = settings;
    this.#site = settings.balancedSite;
    this.#signal = signal;
    this.#sessions = (this.#site?.on ?? []).map(host => new HostSession(host, settings, signal));
  }

  /**
   * Looks at them, and whether they would take the site. Changes nothing.
   *
   * @throws PROXY_REFUSED and what else stands in the way
   */
  async survey(): Promise<void> {
    const site = this.#site;
    if (site === undefined) return;
    const { results, errors } = await onAll(this.#sessions, async session => {
      const facts = await session.facts();
      const file = siteOf(this.#settings, site.proxy, site.servers, facts);
      const kept = { ...file, text: keepingDown(facts.system.get(file.kind) ?? '', file.text) };
      const found = await systemObstacles(session, facts, [kept]);
      if (found.length > 0) throw refused(session.place, found);
      return { session, facts, file: kept, whole: file.text };
    });
    if (errors.length > 0) throw joinErrors(errors, this.#sessions.length);
    this.#looked = results;
  }

  /** What stands on them, for who asks how it is. */
  async look(isNeeded: boolean): Promise<{ results: SeenInFront[]; errors: SlipwayError[] }> {
    return onAll(this.#sessions, session => lookInFront(session, isNeeded));
  }

  /** What would change of it. */
  get plan(): string[] {
    return this.#changing.flatMap(({ session, facts, file }) => [
      `${session.place}: the site in front`,
      ...diff(facts.system.get(file.kind) ?? '', file.text).map(line => `  system/${file.kind} ${line}`),
    ]);
  }

  /** The settings of a host: it is not taken out of a site that does not have it yet. */
  inFront(session: HostSession, settings: Settings): Settings {
    const site = this.#site;
    if (site === undefined) return settings;
    const server = serverOf(session.host, site.port);
    const has = ({ facts, file }: Looked) => leadsTo(facts.system.get(file.kind) ?? '', server);
    return this.#looked.every(has) ? settings : { ...settings, loadBalancer: undefined };
  }

  async install(): Promise<void> {
    const changing = this.#changing;
    const { errors } = await onAll(changing, async ({ session, file: { kind }, whole }) => {
      await lock(session, randomBytes(6).toString('hex'), 'none', this.#settings, this.#signal);
      // who is out may be others by now
      const { system } = await session.facts();
      const data = Buffer.from(keepingDown(system.get(kind) ?? '', whole));
      const put = { verb: 'system', args: [kind, String(data.length)], data, timeout: 60_000 };
      await session.askAll([...certifyRequests(this.#site?.proxy), put]);
      log.info(`${session.place}: the site is in front of ${this.#site!.servers.join(', ')}`);
    });
    if (errors.length > 0) throw joinErrors(errors, this.#sessions.length);
  }

  /** With the last of the hosts that it is in front of. */
  async remove(): Promise<void> {
    if (this.#site !== undefined && behind(this.#site, this.#settings.hosts).length < this.#site.servers.length) {
      log.info('the site on the load balancers stays: it is in front of other hosts, too');
      return;
    }
    const { errors } = await onAll(this.#sessions, session => removeHost(session, this.#settings, this.#signal));
    if (errors.length > 0) throw joinErrors(errors, this.#sessions.length);
  }

  get #changing(): readonly Looked[] {
    if (!['plan', 'deploy', 'converge'].includes(this.#settings.mode)) return [];
    return this.#looked.filter(({ facts, file }) => facts.system.get(file.kind)?.trim() !== file.text.trim());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) await session[Symbol.asyncDispose]();
  }
}

/** Whether a site leads to this `host:port`, or did before it was taken out. Pure. */
export function leadsTo(site: string, server: string): boolean {
  return [...site.matchAll(/^ *server ([^\s;]+)/gm)].some(([, address]) => address === server);
}

/** Servers that are out, by a deployment or by an operator, stay so. */
function keepingDown(before: string, after: string): string {
  const down = new Map(
    [...before.matchAll(/^ *server (\S+) .*down.*$/gm)].map(([line, server]) => [`server ${server};`, line]),
  );
  return after
    .split('\n')
    .map(line => down.get(line.trim()) ?? line)
    .join('\n');
}
