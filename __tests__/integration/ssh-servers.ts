import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/core/process.ts';
import { onHost } from './deploy-ssh-systemd.ts';
import type { LabHost } from './lab.ts';

/** Keys and certificates made by ssh-keygen, in a folder of their own. */
export class Keys implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<Keys> {
    return new Keys(await mkdtemp(join(tmpdir(), 'slipway-ssh-')));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  text(name: string): Promise<string> {
    return readFile(this.path(name), 'utf8');
  }

  /** A key pair, NAME and NAME.pub. */
  async key(name: string, type = 'ed25519', passphrase = ''): Promise<void> {
    await this.#keygen('-t', type, '-N', passphrase, '-C', name, '-f', this.path(name));
  }

  /** NAME-cert.pub: the key `name` certified by the key `authority`; more options as ssh-keygen has them. */
  async certify(name: string, authority: string, principals: string, ...options: string[]): Promise<string> {
    const identity = ['-s', this.path(authority), '-I', `${name} by ${authority}`, '-n', principals];
    await this.#keygen(...identity, ...options, this.path(`${name}.pub`));
    return this.text(`${name}-cert.pub`);
  }

  async fingerprint(name: string): Promise<string> {
    const { stdout } = await run(['ssh-keygen', '-lf', this.path(`${name}.pub`)], { timeout: 10_000 });
    return stdout.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  async #keygen(...args: string[]): Promise<void> {
    await run(['ssh-keygen', '-q', ...args], { timeout: 20_000 });
  }
}

export interface Sshd {
  /** Of the unit, the folder and the log. */
  readonly name: string;
  /** `[address:]port`, one each. */
  readonly listen: readonly string[];
  /** Names of its host keys. */
  readonly hostKeys: readonly string[];
  /** Name of the key that opens it; none where only certificates do. */
  readonly opensTo?: string;
  /** More lines of its sshd_config. */
  readonly config?: string;
  /** Name in its folder and contents. */
  readonly files?: readonly (readonly [string, string])[];
}

/** Starts an sshd beside the host's own, with a configuration and keys of its own. */
export async function startSshd(host: LabHost, keys: Keys, sshd: Sshd): Promise<void> {
  const folder = `/etc/ssh/${sshd.name}`;
  const inside = (file: string) => join(host.root, folder, file);
  await mkdir(inside(''), { recursive: true });
  for (const name of sshd.hostKeys) {
    await writeFile(inside(name), await keys.text(name));
    await chmod(inside(name), 0o600);
  }
  await writeFile(inside('keys'), sshd.opensTo === undefined ? '' : await keys.text(`${sshd.opensTo}.pub`));
  for (const [name, text] of sshd.files ?? []) await writeFile(inside(name), text);
  const lines = [
    sshd.config ?? '', // first: the first line of a name counts
    'UsePAM yes',
    ...sshd.listen.map(address => (/^\d+$/.test(address) ? `Port ${address}` : `ListenAddress ${address}`)),
    ...sshd.hostKeys.map(name => `HostKey ${folder}/${name}`),
    `AuthorizedKeysFile ${folder}/keys`,
    'PidFile none',
    'LogLevel VERBOSE',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
  ];
  await writeFile(inside('config'), `${lines.join('\n')}\n`);
  const command = ['/usr/sbin/sshd', '-D', '-E', `/run/${sshd.name}.log`, '-f', `${folder}/config`];
  const said = await onHost(
    host,
    ...[
      'sh',
      '-c',
      `"$@" 2>&1; for try in $(seq 100); do grep -q listening /run/${sshd.name}.log && exit; sleep 0.05; done; echo late`,
      'sh',
    ],
    ...['systemd-run', '--quiet', '--collect', `--unit=${sshd.name}`, ...command],
  );
  if (said !== '') throw new Error(`starting ${sshd.name}: ${said}\n${await logOf(host, sshd.name)}`);
}

export async function stopSshd(host: LabHost, name: string): Promise<void> {
  await onHost(host, 'systemctl', 'stop', name);
}

export function logOf(host: LabHost, name: string): Promise<string> {
  return onHost(host, 'cat', `/run/${name}.log`);
}

/** A TCP proxy that can fall silent: connections stay, nothing goes through any more. */
export class Cable implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as { port: number }).port;
  }

  /** @param drop the first connections that are reset at once */
  static async to(host: string, port: number, drop = 0): Promise<Cable> {
    const sockets = new Set<Socket>();
    let left = drop;
    const server = createServer(near => {
      near.on('error', () => undefined);
      if (left-- > 0) return near.resetAndDestroy();
      const far = createConnection({ host, port });
      far.on('error', () => near.destroy());
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) sockets.add(socket.on('close', () => sockets.delete(socket)));
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return new Cable(server, sockets);
  }

  /** As a cable that is pulled: no end, no reset, no byte. */
  cut(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** All that is connected now is reset. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
