import { SlipwayError } from '../core/errors.ts';
import { maskSecret } from '../core/mask.ts';

/** A token and the host (`github.com`, `git.example:8443`) that it is for. */
export interface HostToken {
  readonly host: string;
  readonly token: string;
}

/**
 * The input `private-token`: lines `HOST=TOKEN`, or one token alone, which is for the hosts that `goprivate` names, else
 * for this GitHub.
 */
export function parsePrivateToken(text: string, goprivate: string, env: NodeJS.ProcessEnv): HostToken[] {
  const lines = text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
  const pairs = lines.map(line => /^([\w.-]+\.[\w.-]+(?::\d+)?|localhost(?::\d+)?)=(\S+)$/.exec(line));
  if (pairs.every(pair => pair !== null)) return pairs.map(([, host, token]) => ({ host: host!, token: token! }));
  const [token] = lines;
  if (lines.length > 1 || token === undefined || /\s/.test(token)) {
    throw new SlipwayError('INPUT_INVALID', 'input "private-token" is neither one token nor lines HOST=TOKEN', {
      hint: 'Write the token alone, or for several hosts one line each, e.g. github.com=…',
    });
  }
  return hostsOf(goprivate, env).map(host => ({ host, token }));
}

function hostsOf(goprivate: string, env: NodeJS.ProcessEnv): string[] {
  const hosts = goprivate
    .split(',')
    .map(pattern => pattern.trim().split('/')[0]!)
    .filter(host => host !== '');
  const glob = hosts.find(host => /[*?[\]]/.test(host));
  if (glob !== undefined) {
    throw new SlipwayError('INPUT_INVALID', `input "private-token" is one token, but goprivate names "${glob}"`, {
      hint: 'Say which hosts may see it: lines HOST=TOKEN in private-token.',
    });
  }
  return hosts.length > 0 ? [...new Set(hosts)] : [new URL(env['GITHUB_SERVER_URL'] || 'https://github.com').host];
}

/**
 * The environment in which go and the git it starts can read private modules. The tokens are in variables of these
 * processes only: not on disk, not in arguments, not in the variables of later steps. git asks a helper for them, for their
 * own host and over https only; go asks git (GOAUTH, since Go 1.24). The user's own helpers are not asked for these hosts,
 * as one of them might store what it is told.
 *
 * @param directory absolute; where GOAUTH starts git
 */
export function privateEnvironment(
  tokens: readonly HostToken[],
  directory: string,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  if (tokens.length === 0) return {};
  const made: Record<string, string> = { GIT_TERMINAL_PROMPT: '0' };
  let count = Number(env['GIT_CONFIG_COUNT'] || 0);
  const configure = (key: string, value: string) => {
    made[`GIT_CONFIG_KEY_${count}`] = key;
    made[`GIT_CONFIG_VALUE_${count++}`] = value;
  };
  for (const [at, { host, token }] of tokens.entries()) {
    maskSecret(token);
    maskSecret(`${user}:${token}`);
    const variable = `SLIPWAY_PRIVATE_TOKEN_${at}`;
    made[variable] = token;
    configure(`credential.https://${host}.helper`, '');
    configure(`credential.https://${host}.helper`, helperOf(variable));
  }
  made['GIT_CONFIG_COUNT'] = String(count);
  made['GOAUTH'] = `${env['GOAUTH'] || 'netrc'}; git ${directory}`;
  return made;
}

/** What GitHub and most others take with a token as password. */
const user = 'x-access-token';

/** A shell function that git starts; it names the variable, never its value. */
function helperOf(variable: string): string {
  return `!f() { test "$1" = get && printf 'username=${user}\\npassword=%s\\n' "$${variable}"; }; f`;
}
