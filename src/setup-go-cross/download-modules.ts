import { log } from '../core/log.ts';
import { run } from '../core/process.ts';
import type { Go } from './environment.ts';

/** Fills the module cache, so that later steps need no credentials of their own. */
export async function downloadModules(go: Go, directory: string, signal: AbortSignal): Promise<void> {
  await run([go.program, 'mod', 'download'], { cwd: directory, env: go.env, timeout: 600_000, signal });
  log.info(`the modules are in ${go.settings.GOMODCACHE}: later steps need no token for them`);
}
