/** How the agent becomes root; `auto` finds out on the host. */
export type Become = 'auto' | 'agent' | 'sudo-shell' | 'none';

/** The way that was taken. */
export type Way = Exclude<Become, 'auto'>;

/** What sudo says on standard error when it waits for a password; nothing else says that. */
export const passwordPrompt = '@slipway-password ';

/** Takes a length, then so much of standard input, which is the program by gzip; what follows is the conversation. */
const starter = 'IFS= read -r n; program=$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null | gzip -dc); eval "$program"';
const quoted = (text: string) => `'${text}'`;

/**
 * Finds the way, says it (`@slipway-by WAY [SHA256 SHA256-AT-BOOTSTRAP]`), and goes it. $1: how to become root, $2: the
 * starter, $3: whether sudo may ask for a password.
 */
const chooser = [
  'LC_ALL=C; export LC_ALL;',
  'PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin;',
  'by=$1; agent=/usr/local/lib/slipway/agent;',
  'if [ $by != agent ] && [ "$(id -u)" = 0 ]; then by=none; fi;',
  'if [ $by = auto ] && [ -x $agent ] && [ -e "/etc/slipway/allowed/$(id -un)" ]; then by=agent; fi;',
  'if [ $by = auto ]; then by=sudo-shell; fi;',
  'sum=; if [ $by = agent ]; then sum=$(sha256sum $agent 2>/dev/null); fi;',
  'echo; echo "@slipway-by $by ${sum%% *} $(cat /etc/slipway/agent.sha256 2>/dev/null)";',
  'if [ $by = none ]; then exec /bin/sh -c "$2" slipway-agent; fi;',
  'command -v sudo >/dev/null || { echo @slipway-no-sudo; exit 1; };',
  'if [ $by = agent ]; then exec sudo -n -- $agent; fi;',
  'if [ $3 = no ]; then exec sudo -n -- /bin/sh -c "$2" slipway-agent; fi;',
  `exec sudo -S -p "${passwordPrompt}" -- /bin/sh -c "echo @slipway-ready; $2" slipway-agent`,
].join(' ');

/**
 * The remote command: constant, one line, and quoted such that sh, fish and csh as login shells read it alike.
 *
 * @param asks whether sudo may ask for a password: then the program is to be sent only after `@slipway-ready`
 */
export function agentCommand(become: Become, asks = false): string {
  const words = [chooser, 'slipway', become, starter, asks ? 'yes' : 'no'];
  return `/bin/sh -c ${words.map(quoted).join(' ')}`;
}
