import { SlipwayError } from '../errors.ts';
import { maskSecret } from '../mask.ts';
import { type RunOptions, run } from '../process.ts';

/** Runs git in a repository and returns what it printed. */
export type Git = (
  args: readonly string[],
  options: Pick<RunOptions, 'input'> & { readonly signal: AbortSignal; readonly env?: NodeJS.ProcessEnv },
) => Promise<string>;

/** Milliseconds for one command, unless it is said otherwise. */
const usual = 120_000;

/**
 * git as a program uses it: English, asking nobody, and without what a hook that started us has in its environment.
 *
 * @throws SlipwayError with git's own words, without the credentials of a URL
 */
export function gitIn(directory: string, given: NodeJS.ProcessEnv, timeout = usual): Git {
  const { GIT_DIR: _, GIT_WORK_TREE: __, GIT_INDEX_FILE: ___, ...rest } = given;
  const plain = { ...rest, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' };
  return async (args, { env, ...options }) => {
    try {
      // Neither of these is of use to a program, and both may take long.
      const quiet = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];
      const { stdout } = await run(['git', '-C', directory, ...quiet, ...args], {
        ...options,
        env: { ...plain, ...env },
        timeout,
      });
      return stdout;
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== 'PROCESS_FAILED') throw error;
      const words = error.message.replace(/^.*?exited with code/, `git ${args[0]} exited with code`);
      throw new SlipwayError('GIT_FAILED', words.replaceAll(/:\/\/[^@/\s]+@/g, '://***@'), { cause: error.cause });
    }
  };
}

/** `origin`, else the only one there is. */
export async function remoteOf(git: Git, place: string, signal: AbortSignal): Promise<string> {
  const names = (await git(['remote'], { signal })).split('\n').filter(name => name !== '');
  const name = names.includes('origin') ? 'origin' : names[0];
  if (name !== undefined && (name === 'origin' || names.length === 1)) return name;
  throw new SlipwayError(
    'CONFIG_INVALID',
    `${place}: records: git has no remote to push to: ${names.join(', ') || 'there is none'}`,
    {
      hint: 'Nothing was changed. Name one of them origin, or write records: oci or folder.',
    },
  );
}

/**
 * With what git reaches GitHub where a checkout left no credentials (`persist-credentials: false`): the job's own token,
 * in the environment, as arguments are seen by everybody on the machine. A second header would be refused, so what is
 * configured goes first.
 */
export async function tokenFor(
  git: Git,
  remote: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<NodeJS.ProcessEnv> {
  const token = env['GITHUB_TOKEN'];
  if (!token) return {};
  const server = (env['GITHUB_SERVER_URL'] || 'https://github.com').replace(/\/$/, '');
  const url = (await git(['remote', 'get-url', '--push', remote], { signal })).trim();
  if (!url.startsWith(`${server}/`)) return {};
  const configured = await git(['config', '--get-urlmatch', 'http.extraheader', url], { signal }).catch(() => '');
  if (configured.trim() !== '') return {};
  const basic = Buffer.from(`x-access-token:${token}`).toString('base64');
  maskSecret(basic);
  const count = Number(env['GIT_CONFIG_COUNT'] ?? 0);
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: `http.${server}/.extraheader`,
    [`GIT_CONFIG_VALUE_${count}`]: `AUTHORIZATION: basic ${basic}`,
  };
}
