import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * What the actions get: our environment, and the folder that a runner would have for toolchains and layers. What a runner
 * says of its own run is left out where there is none.
 */
export function environmentOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return { ...env, RUNNER_TOOL_CACHE: env['RUNNER_TOOL_CACHE'] || join(cache, 'slipway') };
}
