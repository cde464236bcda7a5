import type { Agent } from '../../core/host-agent/agent.ts';
import type { Answer } from '../../core/host-agent/answer.ts';
import type { Become } from '../../core/host-agent/become.ts';
import { type Explain, Refusal } from '../../core/host-agent/refusal.ts';
import type { Access } from '../../core/ssh/access.ts';
import type { Connection } from '../../core/ssh/connection.ts';
import type { HostSpec } from '../../core/ssh/hosts.ts';

const lookTimeout = 15_000;
/** Short: the next look tries again, and what this one saw is told. */
const connectTimeout = 5000;

const bootstrap = 'run `mode: bootstrap` of deploy-ssh-systemd';
const refusals: Record<string, (detail: string) => readonly [string, string]> = {
  SERVICE_FORBIDDEN: detail => [
    `the agent refused: ${detail}`,
    `Let an administrator ${bootstrap} for this service; or look with \`become: sudo-shell\`.`,
  ],
  VERB_UNKNOWN: () => [
    'the agent that is installed there cannot say yet what runs: it is of an older version',
    `To replace it, ${bootstrap} with this version; or look with \`become: sudo-shell\`.`,
  ],
  NAME_REFUSED: detail => [`${JSON.stringify(detail)} is no name of a unit`, 'Look at the record.'],
};
const explain: Explain = (code, detail) =>
  refusals[code]?.(detail) ?? [`${code}: ${detail}`, 'Look at the host’s journal.'];

/**
 * Looks at one host: by the installed agent where bootstrap put one, else by a program that is sent and does nothing else.
 * Connection and conversation serve all looks; after an error both begin anew.
 */
export class HostView {
  readonly #host: HostSpec;
  readonly #access: Access;
  readonly #become: Become;
  #connection: Connection | undefined;
  #agent: Agent | undefined;

  constructor(host: HostSpec, access: Access, become: Become) {
    this.#host = host;
    this.#access = access;
    this.#become = become;
  }

  /** What the agent says of a service, and so many lines of its journal. @throws Refusal, BECOME_DENIED, AGENT_…, CONNECT_… */
  async look(service: string, lines: number, signal: AbortSignal): Promise<Answer> {
    const known = this.#agent !== undefined;
    try {
      return await this.#ask(service, lines, signal);
    } catch (error) {
      // an agent that nobody asks for a minute ends; whatever else it was, another one says it again
      if (!known || signal.aborted || error instanceof Refusal) throw error;
      return this.#ask(service, lines, signal);
    }
  }

  /** Whether there is a connection: without one there is nothing to be had quickly. */
  get isOpen(): boolean {
    return this.#connection !== undefined && this.#connection.lost === undefined;
  }

  async #ask(service: string, lines: number, signal: AbortSignal): Promise<Answer> {
    try {
      this.#agent ??= await this.#start(signal);
      return await this.#agent.ask('look', [service, String(lines)], { timeout: lookTimeout, signal });
    } catch (error) {
      if (!(error instanceof Refusal)) await this.close(); // what is left unread would be taken for the next answer
      throw error;
    }
  }

  async #start(signal: AbortSignal): Promise<Agent> {
    const [{ connect }, { Agent: Talking }, { lookProgram }] = await Promise.all([
      import('../../core/ssh/connect.ts'),
      import('../../core/host-agent/agent.ts'),
      import('../../core/host-agent/look-program.ts'),
    ]);
    this.#connection = await connect(this.#host, this.#access, { signal, timeout: connectTimeout });
    const start = { program: await lookProgram(), become: this.#become, password: undefined, explain };
    return Talking.start(this.#connection, start, signal);
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#agent = undefined;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }
}
