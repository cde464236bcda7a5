import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../core/errors.ts';
import { type Finished, type RunOptions, run } from '../core/process.ts';
import type { Go } from './environment.ts';
import { noTurn } from './roles.ts';
import { bareProxies } from './toolchain/go-proxy.ts';

/**
 * Runs the go command, and ends it when a module proxy hangs: go itself waits for ever (golang/go#27761).
 *
 * `go list` and `go mod download` do nothing but load modules. All others are silent while they compile or hash, too: they
 * count as hanging only while a download that go announced is not there.
 *
 * @throws SlipwayError MODULE_PROXY_HANGS, names the proxies and what was being downloaded
 */
export async function runGo(go: Go, args: readonly [string, ...string[]], options: RunOptions): Promise<Finished> {
  const downloads = join(go.settings.GOMODCACHE, 'cache');
  const announced = new Set<string>();
  const stalled = new AbortController();
  const onlyLoads = args[0] === 'list' || args.slice(0, 2).join(' ') === 'mod download';
  let heard = Date.now();
  let seen: Growth | undefined;
  let looking = false;

  const look = async () => {
    if (looking || Date.now() - heard < go.networkTimeout / 4) return;
    looking = true;
    const [pending, unpacking] = await Promise.all([
      announcedBut(downloads, announced, 'ziphash', false),
      announcedBut(downloads, announced, 'partial', true),
    ]);
    if (unpacking.length > 0 || (!onlyLoads && pending.length === 0)) heard = Date.now();
    const now = await growth(downloads);
    // Less than 1 kB a second is no progress: the same measure as for the toolchain.
    if (seen === undefined || now.files !== seen.files || now.bytes - seen.bytes >= go.networkTimeout) {
      if (seen !== undefined) heard = Date.now();
      seen = now;
    }
    if (Date.now() - heard > go.networkTimeout) stalled.abort(hanging(go, pending));
    looking = false;
  };
  const timer = setInterval(() => void look(), Math.max(50, go.networkTimeout / 8));
  const signal = options.signal === undefined ? stalled.signal : AbortSignal.any([options.signal, stalled.signal]);
  try {
    return await run([go.program, ...args], {
      ...options,
      // Waiting for its turn at a shared cache would look like a proxy that hangs.
      ...(onlyLoads ? { env: { ...(options.env ?? process.env), [noTurn]: '1' } } : {}),
      signal,
      onLine: (line, stream) => {
        heard = Date.now();
        const [, module, version] = /^go: downloading (\S+) (\S+)/.exec(line) ?? [];
        if (module !== undefined) announced.add(`${module}@${version}`);
        options.onLine?.(line, stream);
      },
    });
  } finally {
    clearInterval(timer);
  }
}

interface Growth {
  readonly files: number;
  /** Of what is being written. */
  readonly bytes: number;
}

/** What shows that something comes in: the number of files, and the size of those that go and git are writing. */
async function growth(folder: string): Promise<Growth> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const writing = names.filter(name => /\.tmp$|[\\/]tmp_/.test(name));
  const sizes = await Promise.all(
    writing.map(name =>
      stat(join(folder, name)).then(
        found => found.size,
        () => 0,
      ),
    ),
  );
  return { files: names.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/**
 * Of the announced modules those that have, or have not, a file of this kind: go writes `.ziphash` when the zip is there
 * and its hash is right, and keeps `.partial` while it unpacks.
 */
async function announcedBut(downloads: string, announced: ReadonlySet<string>, kind: string, there: boolean) {
  const found = await Promise.all(
    [...announced].map(async name => {
      const [module = '', version = ''] = name.split('@');
      const path = join(downloads, 'download', escapePath(module), '@v', `${escapePath(version)}.${kind}`);
      return stat(path).then(
        () => there,
        () => !there,
      );
    }),
  );
  return [...announced].filter((_, index) => found[index]);
}

/** As module.EscapePath: capital letters as `!` and the small one, for file systems that do not tell them apart. */
export const escapePath = (path: string): string => path.replace(/[A-Z]/g, letter => `!${letter.toLowerCase()}`);

function hanging({ settings, networkTimeout }: Go, pending: readonly string[]): SlipwayError {
  const what = pending.length === 0 ? 'about modules' : `of ${pending.slice(0, 3).join(', ')}`;
  const more = pending.length > 3 ? ` and ${pending.length - 3} more` : '';
  return new SlipwayError(
    'MODULE_PROXY_HANGS',
    `nothing ${what}${more} has come for ${networkTimeout / 1000} s from GOPROXY ${bareProxies(settings.GOPROXY)}`,
    {
      hint: 'Look at that proxy, name another in goproxy, or give it more time with network-timeout. What was downloaded is kept.',
    },
  );
}
