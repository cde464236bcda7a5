import { log } from '../core/log.ts';
import { explainGo } from './build/explain-go.ts';
import type { Go } from './environment.ts';
import { runGo } from './go-command.ts';

/** Fills the module cache, so that later steps need no credentials of their own. */
export async function downloadModules(go: Go, directory: string, signal: AbortSignal): Promise<void> {
  await runGo(go, ['mod', 'download'], { cwd: directory, env: go.env, timeout: 600_000, signal }).catch(error => {
    throw explainGo(error, 'downloading the modules', go, directory);
  });
  log.info(`the modules are in ${go.settings.GOMODCACHE}: later steps need no token for them`);
}
