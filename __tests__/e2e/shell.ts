import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { attempt, kept, root, runnerEnvironment } from './support.ts';

export interface Shell {
  /** Holds the home. */
  readonly folder: string;
  /** Where the commands are run. */
  readonly repository: string;
  readonly env?: Record<string, string>;
  /** Programs that are put on PATH, by their paths. */
  readonly programs?: readonly string[];
}

/**
 * A user's shell, for commands as the documentation has them: `slipway`, and what npx would download from GitHub, is
 * this checkout. Several lines are one script, which ends at the first that fails.
 */
export async function shellOf({ folder, repository, env = {}, programs = [] }: Shell) {
  const [home, bin] = [join(folder, 'home'), join(folder, 'bin')];
  await Promise.all([mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 }), mkdir(bin, { recursive: true })]);
  const ours = `exec ${process.execPath} ${join(root, 'bin', 'slipway.mjs')} "$@"`;
  const npx = `[ "$1" = github:OWNER/slipway ] || { echo "not to be had here: $1" >&2; exit 97; }\nshift\n${ours}`;
  for (const [name, text] of Object.entries({ slipway: ours, npx })) {
    await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(bin, name), 0o755);
  }
  await writeFile(join(home, '.gitconfig'), '[user]\n\tname = e2e\n\temail = e2e@example.com\n');
  const outer = runnerEnvironment();
  const path = [bin, ...[process.execPath, ...programs].map(program => dirname(program)), outer['PATH']];
  const environment = {
    ...outer,
    PATH: path.join(delimiter),
    HOME: home,
    RUNNER_TOOL_CACHE: kept.tools,
    GOCACHE: kept.goBuild,
    GOMODCACHE: kept.goModules,
    ...env,
  };
  return (script: string, more: Record<string, string> = {}) =>
    attempt(['bash', '-euc', script], { cwd: repository, env: { ...environment, ...more }, timeout: 180_000 });
}
