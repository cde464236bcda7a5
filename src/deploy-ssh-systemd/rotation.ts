import { sleep } from '../core/deadline.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { formatDuration } from '../core/units.ts';
import { HaproxyServer } from './haproxy.ts';
import { HaproxyTimers } from './haproxy-timers.ts';
import { HostSession } from './host-session.ts';
import { variablesOf } from './hosts.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { NginxServer } from './nginx.ts';
import { redact } from './redact.ts';
import { runScript } from './script.ts';
import type { Settings } from './settings.ts';

/** How long it takes to bring a host in again, in a run that is cancelled, too. */
const restoreTimeout = 30_000;

/** A host in the rotation of a load balancer. */
interface Server {
  readonly drain: (seconds: number, signal: AbortSignal) => Promise<boolean>;
  readonly isQuiet: (wait: number, signal: AbortSignal) => Promise<boolean>;
  readonly restore: (signal: AbortSignal) => Promise<void>;
}

/** Brings a host in again, in a run that was cancelled, too. */
export type BringIn = () => Promise<void>;

/** The load balancers in front of the hosts; without any, hosts are changed as they are. */
export class Rotation implements AsyncDisposable {
  readonly #balancer: LoadBalancer | undefined;
  readonly #settings: Settings;
  readonly #hosts: readonly HostSession[];
  readonly #timers: readonly HaproxyTimers[];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(settings: Settings, signal: AbortSignal) {
    const { loadBalancer } = settings;
    this.#settings = settings;
    this.#balancer = loadBalancer;
    const hosts = loadBalancer === undefined || loadBalancer.kind === 'command' ? [] : loadBalancer.hosts;
    this.#hosts = hosts.map(host => new HostSession({ roles: [], labels: {}, ...host }, settings, signal));
    this.#timers = this.#hosts.map(host => new HaproxyTimers(host));
  }

  /**
   * Takes a host out, and waits for what is under way there to end.
   *
   * @param ownTime milliseconds that the change of the host may take
   * @returns brings it in again; undefined where somebody else had taken it out before
   */
  async takeOut(session: HostSession, ownTime: number, signal: AbortSignal): Promise<BringIn | undefined> {
    const balancer = this.#balancer;
    if (balancer === undefined) return undefined;
    const servers = this.#servers(balancer, session);
    const ours: Server[] = [];
    const bringIn = async () => {
      const limit = AbortSignal.timeout(restoreTimeout + balancer.wait);
      const restored = await Promise.allSettled(ours.map(server => server.restore(limit)));
      const failed = restored.find(one => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    };
    try {
      for (const server of servers) {
        const seconds = Math.ceil((balancer.wait + ownTime) / 1000) + 60;
        if (await this.#drained(server, session, seconds, signal)) ours.push(server);
        else log.warning(`${session.place}: it was out of the rotation before, not by Slipway, and stays so`);
      }
      const quiet = await Promise.all(servers.map(server => server.isQuiet(balancer.wait, signal)));
      if (quiet.includes(false))
        log.warning(`${session.place}: after ${formatDuration(balancer.wait)} requests are still under way there`);
    } catch (error) {
      await bringIn().catch(failed => log.warning(`${session.place}: ${messageOf(failed)}: ${this.afterwards}`));
      throw error;
    }
    return ours.length === 0 ? undefined : bringIn;
  }

  /** Where only servers that a deployment has out are left beside it, one of them is waited for. */
  async #drained(server: Server, { place }: HostSession, seconds: number, signal: AbortSignal): Promise<boolean> {
    const { lockWait } = this.#settings;
    const began = Date.now();
    for (let tries = 0; ; tries++) {
      if (tries === 1)
        log.info(`${place}: the others are out of the load balancer; waiting up to ${formatDuration(lockWait)}`);
      try {
        return await this.#inTurn(() => server.drain(seconds, signal));
      } catch (error) {
        const isTaken = error instanceof SlipwayError && error.code === 'UPSTREAM_TAKEN';
        if (!isTaken || Date.now() - began >= lockWait) throw error;
      }
      await sleep(1000, signal);
    }
  }

  /** Two that looked at the same time would each take the other one for the last. */
  #inTurn(drain: () => Promise<boolean>): Promise<boolean> {
    if (this.#balancer?.kind === 'command') return drain();
    const draining = this.#turn.then(drain, drain);
    this.#turn = draining;
    return draining;
  }

  /** What becomes of a host that was taken out and is not brought in: it serves nothing, or nobody knows. */
  get afterwards(): string {
    return this.#balancer?.kind === 'command'
      ? 'run your restore command when it serves again'
      : 'the balancer’s host brings it in by itself when it accepts connections';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts) await host[Symbol.asyncDispose]();
  }

  #servers(balancer: LoadBalancer, session: HostSession): Server[] {
    if (balancer.kind === 'command') return [this.#byCommand(balancer, session)];
    const server = balancer.server.replaceAll('{host}', session.host.host);
    return this.#hosts.map((host, index) =>
      balancer.kind === 'nginx'
        ? new NginxServer(host, { ...balancer, server })
        : new HaproxyServer(host, balancer.socket, server, this.#timers[index]!),
    );
  }

  /** It waits by itself for what is under way. */
  #byCommand(balancer: LoadBalancer & { kind: 'command' }, session: HostSession): Server {
    const { service } = this.#settings;
    const script = (name: 'drain' | 'restore') => ({
      name: `load-balancer ${name}`,
      text: balancer[name],
      environment: { SLIPWAY_SERVICE: service, ...variablesOf(session.host) },
      redact: (text: string) => redact(text, this.#settings),
      timeout: name === 'drain' ? balancer.wait : restoreTimeout,
    });
    const where = balancer.on === 'runner' ? undefined : session;
    const restore = async (signal: AbortSignal) => {
      await runScript(script('restore'), where, signal);
    };
    return {
      drain: async (_seconds, signal) => {
        try {
          await runScript(script('drain'), where, signal);
        } catch (error) {
          // it may have got half way
          await restore(AbortSignal.timeout(restoreTimeout)).catch(() => undefined);
          throw error;
        }
        return true;
      },
      isQuiet: async () => true,
      restore,
    };
  }
}
