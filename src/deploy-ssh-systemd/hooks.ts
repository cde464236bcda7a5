import { messageOf, SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { Hook, HookName } from './hook-values.ts';
import type { HostSession } from './host-session.ts';
import { type Host, variablesOf } from './hosts.ts';
import { redact } from './redact.ts';
import { runScript, type ScriptRun } from './script.ts';
import { fits } from './selector.ts';
import type { Settings } from './settings.ts';

/** One run of a hook, as the record keeps it. */
export interface HookRun extends ScriptRun {
  readonly hook: HookName;
}

/** What a hook is told. */
export interface Occasion {
  readonly release: string;
  readonly previous: string;
}

/** The hooks of one run of the action; they know what has been done once for all hosts. */
export class Hooks {
  readonly #settings: Settings;
  readonly #once = new Map<Hook, Promise<HookRun>>();
  readonly #runs: HookRun[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Milliseconds that the hooks of this name may take together for a host. */
  time(name: HookName, { host }: HostSession): number {
    return this.#of(name, host).reduce((sum, { timeout }) => sum + timeout, 0);
  }

  /** What ran, in the order of its end. */
  get runs(): readonly HookRun[] {
    return this.#runs;
  }

  /**
   * Before a host is switched, when the release is there already. What is done on the first host or on the runner is done
   * once; the other hosts wait for it, and fail with it.
   */
  async beforeDeploy(host: HostSession, occasion: Occasion, signal: AbortSignal): Promise<void> {
    for (const hook of this.#of('before-deploy', host.host)) {
      if (hook.on === 'each') await this.#run(hook, host, host, occasion, signal);
      else await this.#first(hook, host, occasion, signal);
    }
  }

  /** When a host's release is healthy and not yet confirmed; a failure takes it back. */
  async afterSwitch(host: HostSession, occasion: Occasion, signal: AbortSignal): Promise<void> {
    for (const hook of this.#of('after-switch', host.host)) {
      if (hook.on === 'first' && this.#once.has(hook)) continue;
      if (hook.on === 'first') await this.#first(hook, host, occasion, signal);
      else await this.#run(hook, hook.on === 'runner' ? undefined : host, host, occasion, signal);
    }
  }

  /** When a host went back. It must not end worse by this: a failure is a warning. */
  async onRollback(host: HostSession, occasion: Occasion, signal: AbortSignal): Promise<void> {
    for (const hook of this.#of('on-rollback', host.host)) {
      if (hook.on === 'first' && this.#once.has(hook)) continue;
      const where = hook.on === 'runner' ? undefined : host;
      const running =
        hook.on === 'first'
          ? this.#first(hook, host, occasion, signal)
          : this.#run(hook, where, host, occasion, signal);
      await running.catch(error => log.warning(messageOf(error)));
    }
  }

  /** When all hosts are done; for those that were changed, each with its own release. */
  async afterDeploy(hosts: readonly [HostSession, Occasion][], signal: AbortSignal): Promise<void> {
    for (const hook of this.#settings.hooks.filter(({ name }) => name === 'after-deploy')) {
      const there = hosts.filter(([{ host }]) => isFor(hook, host));
      await Promise.all(
        there
          .slice(0, hook.on === 'each' ? undefined : 1)
          .map(([host, occasion]) => this.#run(hook, hook.on === 'runner' ? undefined : host, host, occasion, signal)),
      );
    }
  }

  #of(name: HookName, host: Host): readonly Hook[] {
    return this.#settings.hooks.filter(hook => hook.name === name && isFor(hook, host));
  }

  #first(hook: Hook, host: HostSession, occasion: Occasion, signal: AbortSignal): Promise<HookRun> {
    const known = this.#once.get(hook);
    if (known !== undefined) return known;
    const running = this.#run(hook, hook.on === 'runner' ? undefined : host, host, occasion, signal);
    this.#once.set(hook, running);
    return running;
  }

  /** @param host where it runs; undefined: on the runner @param about the host that it is about */
  async #run(
    hook: Hook,
    host: HostSession | undefined,
    about: HostSession,
    { release, previous }: Occasion,
    signal: AbortSignal,
  ): Promise<HookRun> {
    const { service, environment, secretEnvironment } = about.settings;
    const script = {
      name: `hook ${hook.name}`,
      text: hook.run,
      timeout: hook.timeout,
      redact: (text: string) => redact(text, this.#settings),
      environment: {
        ...environment,
        ...secretEnvironment,
        SLIPWAY_HOOK: hook.name,
        SLIPWAY_SERVICE: service,
        ...variablesOf(about.host),
        SLIPWAY_RELEASE: release,
        SLIPWAY_PREVIOUS: previous,
        SLIPWAY_RELEASE_DIRECTORY: `${about.settings.directory}/releases/${release}`,
      },
    };
    try {
      return this.#keep(hook, await runScript(script, host, signal));
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'SCRIPT_FAILED') {
        this.#keep(hook, error.cause as ScriptRun);
        throw new SlipwayError('HOOK_FAILED', error.message, { hint: error.hint ?? '', cause: error });
      }
      throw error;
    }
  }

  #keep(hook: Hook, ended: ScriptRun): HookRun {
    const kept = { hook: hook.name, ...ended };
    this.#runs.push(kept);
    return kept;
  }
}

function isFor({ where }: Hook, host: Host): boolean {
  return where === undefined || fits(host, where);
}
