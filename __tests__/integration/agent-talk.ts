import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { Lines } from '../../src/core/host-agent/lines.ts';
import { agentProgram } from '../../src/deploy-ssh-systemd/agent-program.ts';

/** A conversation with the agent, whatever runs it: a shell of this machine (only its own files are touched), or ssh. */
export class Talk {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #lines: Lines;
  readonly #limit = AbortSignal.timeout(30_000);

  constructor(argv: readonly string[], env: Record<string, string> = {}) {
    // a process group of its own, as sshd gives one: the agent ends its whole group when it is left alone
    this.child = spawn(argv[0]!, argv.slice(1), { stdio: 'pipe', detached: true, env: { ...process.env, ...env } });
    this.#lines = new Lines(this.child.stdout);
    this.child.stdin.on('error', () => undefined);
  }

  async start(): Promise<void> {
    const bytes = gzipSync(await agentProgram());
    this.child.stdin.write(`${bytes.length}\n`);
    this.child.stdin.write(bytes);
    for (let line: string | undefined; line !== '@slipway-agent 1'; ) {
      line = await this.#lines.next(this.#limit);
      if (line === undefined) throw new Error('the agent ended before it began');
    }
  }

  async ask(verb: string, args: readonly string[], data?: Uint8Array): Promise<Answered> {
    this.#write(verb, args, data);
    return this.#answer();
  }

  /** All are sent before the first answer is read, and each is to be carried out only after the one before; their ends. */
  async askTogether(requests: readonly (readonly [string, readonly string[], Uint8Array?])[]): Promise<string[]> {
    for (const [index, [verb, args, data]] of requests.entries())
      this.#write(index === 0 ? verb : `+${data?.length ?? 0}:${verb}`, args, data);
    const ends: string[] = [];
    while (ends.length < requests.length) ends.push((await this.#answer()).end);
    return ends;
  }

  #write(verb: string, args: readonly string[], data?: Uint8Array): void {
    const words = args.map(arg => (arg === '' ? '=' : Buffer.from(arg).toString('base64')));
    this.child.stdin.write(`${[verb, ...words].join(' ')}\n`);
    if (data !== undefined) this.child.stdin.write(data);
  }

  async #answer(): Promise<Answered> {
    const facts = new Map<string, string>();
    for (;;) {
      const line = await this.#lines.next(this.#limit);
      if (line === undefined) return { end: 'ended', facts };
      const [word, name = '', value = '', ...rest] = line.split(' ');
      if (word === '@text') facts.set(name, [value, ...rest].join(' '));
      else if (word === '@more') facts.set(name, `${facts.get(name)}\n${[value, ...rest].join(' ')}`);
      else if (word === '@fact') facts.set(name, Buffer.from(value, 'base64').toString());
      else return { end: word === '@ok' ? 'ok' : name, facts };
    }
  }
}

interface Answered {
  /** `ok`, the error's code, or `ended`. */
  readonly end: string;
  readonly facts: Map<string, string>;
}
