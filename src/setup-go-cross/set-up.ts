import { join, resolve } from 'node:path';
import { addPath, exportVariable, saveState } from '@actions/core';
import { log } from '../core/log.ts';
import type { Toolchain } from '../core/record/schema.ts';
import type { Span } from '../core/summary.ts';
import { formatTarget, type Target } from '../core/target.ts';
import { dependencyHash } from './cache/dependency-files.ts';
import { cacheKeys } from './cache/key.ts';
import { planCache } from './cache/plan.ts';
import { cacheFolders, restore } from './cache/service.ts';
import { sharedBuildCache } from './cache/shared/build-cache.ts';
import { shareModules } from './cache/shared/modules.ts';
import { type CgoPlans, cgoKey } from './cgo/plan.ts';
import { type Go, goEnvironmentOf, openGo } from './environment.ts';
import { findWanted } from './go-version/find.ts';
import { cacheStateName, shareStateName } from './post.ts';
import { parsePrivateToken, privateEnvironment } from './private-modules.ts';
import type { SetupGoCross } from './run.ts';
import { hostOf } from './toolchain/host.ts';
import { type Installed, install } from './toolchain/install.ts';
import { inSharedFolder } from './toolchain/shared.ts';
import { toolchainSources } from './toolchain/sources.ts';

/** A Go that is verified, on PATH and has its caches. */
export interface Ready {
  readonly go: Go;
  readonly toolchain: Toolchain;
  readonly cacheHit: boolean;
}

export async function setUp(
  context: SetupGoCross,
  targets: readonly Target[],
  spans: Span[],
  cgo?: CgoPlans,
): Promise<Ready> {
  const { inputs, signal, directory } = context;
  const timed = async <T>(name: string, task: () => Promise<T>): Promise<T> => {
    const start = Date.now();
    try {
      return await task();
    } finally {
      spans.push({ name, start, end: Date.now() });
    }
  };
  const token = inputs['private-token'];
  const goprivate = inputs.goprivate ?? process.env['GOPRIVATE'] ?? '';
  const tokens = token === undefined ? [] : parsePrivateToken(token, goprivate, process.env);
  const arch = inputs.architecture ?? process.arch;
  const wanted = await findWanted({
    version: inputs['go-version'],
    file: inputs['go-version-file'],
    directory,
    env: process.env,
    policy: inputs['go-version-policy'],
  });
  const installed = await timed('Go', async () => {
    const sources = toolchainSources({
      order: inputs['toolchain-sources'],
      goproxy: inputs.goproxy,
      gosumdb: inputs.gosumdb,
      mirror: inputs['go-download-base-url'],
      token: inputs.token,
      networkTimeout: inputs['network-timeout'],
      host: hostOf(process.platform, arch),
      env: process.env,
      signal,
    });
    const folder = inputs['toolchain-dir'];
    const installing = () => install(wanted, sources, signal, { arch, checkLatest: inputs['check-latest'] });
    return folder === undefined ? installing() : inSharedFolder(resolve(directory, folder), wanted, installing);
  });
  const plan = planCache(inputs.cache, inputs['cache-dir'], directory, process.env);
  if (plan.kind === 'none') (inputs.cache === 'true' ? log.warning : log.debug)(`no cache: ${plan.why}`);
  const own = {
    ...given('GOPROXY', inputs.goproxy),
    ...given('GOPRIVATE', inputs.goprivate),
    ...given('GOSUMDB', inputs.gosumdb),
    ...(plan.kind === 'folder' ? await sharedBuildCache(plan.root, installed.version) : {}),
  };
  const secret = privateEnvironment(tokens, resolve(directory), process.env);
  const env = goEnvironmentOf(installed.goroot, process.env, { ...own, ...secret });
  const go = await openGo(installed, env, directory, signal, inputs['network-timeout']);
  const shared = plan.kind === 'folder' ? await shareModules(plan.root, go.settings) : undefined;
  if (shared !== undefined) saveState(shareStateName, JSON.stringify(shared.state));
  Object.assign(go.env, shared?.env);
  exportToJob(go, { ...own, ...shared?.env });
  log.info(
    `Go ${go.version} is on PATH: ${join(go.goroot, 'bin')} (${installed.cached ? 'from the tool cache' : 'installed now'})`,
  );
  const hit =
    plan.kind === 'service'
      ? await timed('Cache', () => restoreCaches(context, go, installed, targets, cgo))
      : undefined;
  return { go, toolchain: installed.toolchain, cacheHit: hit !== undefined };
}

const given = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });

/** What later steps of the job see. The toolchain comes last: what is added last stands first on PATH. */
function exportToJob(go: Go, own: Readonly<Record<string, string>>): void {
  addPath(join(go.settings.GOPATH.split(process.platform === 'win32' ? ';' : ':')[0]!, 'bin'));
  addPath(join(go.goroot, 'bin'));
  for (const [name, value] of Object.entries(own)) exportVariable(name, value);
  // Else `go` would fetch another toolchain, unseen, where a go.mod asks for one.
  if (!process.env['GOTOOLCHAIN']) exportVariable('GOTOOLCHAIN', 'local');
  if (process.env['GOROOT']) {
    log.notice(`GOROOT was ${process.env['GOROOT']}; later steps get ${go.goroot}`);
    exportVariable('GOROOT', go.goroot);
  }
}

async function restoreCaches(
  { inputs, directory, signal }: SetupGoCross,
  go: Go,
  installed: Installed,
  targets: readonly Target[],
  cgo: CgoPlans | undefined,
): Promise<string | undefined> {
  const host = hostOf(process.platform, inputs.architecture);
  const keys = cacheKeys({
    host: `${host.os}-${host.arch}`,
    goVersion: installed.version,
    targets: targets.map(formatTarget),
    cgo: cgoKey(cgo),
    flags: [inputs.tags.join(','), String(inputs.trimpath), go.settings.GOFLAGS, go.settings.GOEXPERIMENT],
    dependencies: await dependencyHash(directory, inputs['cache-dependency-path'], process.env),
    run: `${process.env['GITHUB_RUN_ID'] ?? Date.now()}-${process.env['GITHUB_RUN_ATTEMPT'] ?? 1}`,
  });
  const { hit, state } = await restore(cacheFolders(go.settings), keys, inputs['cache-restore-timeout'], signal);
  if (inputs['cache-save']) saveState(cacheStateName, JSON.stringify(state));
  return hit;
}
