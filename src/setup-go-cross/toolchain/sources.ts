import { SlipwayError } from '../../core/errors.ts';
import { run } from '../../core/process.ts';
import { parseGoSumDb } from '../checksum-database/database.ts';
import { defaultGoProxy, parseGoProxy } from './go-proxy.ts';
import type { Host } from './host.ts';
import { type GetOptions, patienceOf } from './http.ts';
import { type Sources, toolCache } from './install.ts';
import { moduleProxy } from './module-proxy.ts';
import { officialIndex } from './official-index.ts';
import type { Source } from './source.ts';
import type { SourceName } from './source-names.ts';

/** Where Go is published. */
const officialUrl = 'https://go.dev/dl';

export interface SourceSettings {
  /** The input `toolchain-sources`; empty for the default order. */
  readonly order: readonly SourceName[];
  /** The input `goproxy`. */
  readonly goproxy: string | undefined;
  /** The input `gosumdb`. */
  readonly gosumdb: string | undefined;
  /** The input `go-download-base-url`. */
  readonly mirror: string | undefined;
  /** The input `token`. */
  readonly token: string | undefined;
  /** The input `network-timeout`, milliseconds. */
  readonly networkTimeout?: number;
  readonly host: Host;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The sources in order. By default the tool cache, then the mirror where one is given, else the official index, then GOPROXY. */
export function toolchainSources(settings: SourceSettings): Sources {
  const { env, host, signal } = settings;
  const mirror = settings.mirror || env['GO_DOWNLOAD_BASE_URL'];
  const order = settings.order.length > 0 ? settings.order : defaultOrder(mirror);
  if (order.includes('mirror') && !mirror) {
    throw new SlipwayError('INPUT_INVALID', 'toolchain-sources names "mirror", but there is no go-download-base-url', {
      hint: 'Give go-download-base-url, or take "mirror" out of toolchain-sources.',
    });
  }
  const network = {
    ...networkOf(settings.token, env),
    ...(settings.networkTimeout === undefined ? {} : { patience: patienceOf(settings.networkTimeout) }),
  };
  const proxy = (setting: string) =>
    moduleProxy(parseGoProxy(setting), () => parseGoSumDb(settings.gosumdb || env['GOSUMDB'] || ''), host, network);
  const setting = settings.goproxy || env['GOPROXY'];
  const goproxy = () =>
    setting ? proxy(setting) : lazily('GOPROXY', async () => proxy(await goProxySetting(env, signal)));
  const made: Record<SourceName, () => Source | typeof toolCache> = {
    'tool-cache': () => toolCache,
    index: () => officialIndex(officialUrl, host, network),
    mirror: () => officialIndex(mirror!, host, network),
    goproxy,
  };
  return order.map(name => made[name]());
}

function defaultOrder(mirror: string | undefined): SourceName[] {
  return ['tool-cache', mirror ? 'mirror' : 'index', 'goproxy'];
}

/** The runner's token is GitHub's: it is sent to this GitHub only, never to a mirror or proxy elsewhere. */
function networkOf(token: string | undefined, env: NodeJS.ProcessEnv): Omit<GetOptions, 'signal'> {
  if (!token) return {};
  const servers = [env['GITHUB_SERVER_URL'] || 'https://github.com', env['GITHUB_API_URL'] || 'https://api.github.com'];
  return { token: { value: token, origins: servers.filter(url => URL.canParse(url)).map(url => new URL(url).origin) } };
}

/** Made when it is first asked: a tool cache that has what is wanted costs no start of the user's go. */
function lazily(name: string, make: () => Promise<Source>): Source {
  let made: Promise<Source> | undefined;
  const source = () => {
    made ??= make();
    return made;
  };
  return {
    name,
    versions: async signal => (await source()).versions(signal),
    fetch: async (...given) => (await source()).fetch(...given),
  };
}

/** GOPROXY of the environment, else of a Go that is already there, else Go's default. */
export async function goProxySetting(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  return env['GOPROXY'] || (await settingOfUsersGo(env, signal)) || defaultGoProxy;
}

/** A Go that is already on PATH may know the proxy from `go env -w`. */
async function settingOfUsersGo(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  try {
    return (
      await run(['go', 'env', 'GOPROXY'], { env: { ...env, GOTOOLCHAIN: 'local' }, timeout: 10_000, signal })
    ).stdout.trim();
  } catch {
    signal.throwIfAborted();
    return '';
  }
}
