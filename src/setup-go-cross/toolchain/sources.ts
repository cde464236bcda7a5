import { run } from '../../core/process.ts';
import { parseGoSumDb } from '../checksum-database/database.ts';
import { defaultGoProxy, parseGoProxy } from './go-proxy.ts';
import { hostOf } from './host.ts';
import { moduleProxy } from './module-proxy.ts';
import { officialIndex } from './official-index.ts';
import type { Source } from './source.ts';

export interface SourceSettings {
  /** The input `goproxy`. */
  readonly goproxy: string | undefined;
  /** The input `go-download-base-url`. */
  readonly indexUrl: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The sources behind the tool cache, in order: the official index, then GOPROXY. */
export async function toolchainSources({ goproxy, indexUrl, env, signal }: SourceSettings): Promise<Source[]> {
  const host = hostOf();
  const setting = goproxy || (await goProxySetting(env, signal));
  const database = () => parseGoSumDb(env['GOSUMDB'] ?? '');
  return [officialIndex(indexUrl, host), moduleProxy(parseGoProxy(setting), database, host)];
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
