import { readFile } from 'node:fs/promises';

/** The agent's text: one POSIX shell program. */
export async function agentProgram(): Promise<string> {
  // written out, not computed: the bundler copies the files that it finds in such expressions
  const parts = [
    readFile(new URL('./assets/switch.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/upstream.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/requests.sh', import.meta.url), 'utf8'),
  ];
  return (await Promise.all(parts)).join('\n').replaceAll('\r', '');
}

/**
 * The remote command: constant, and quoted such that sh, fish and csh as login shells read it alike. It takes the
 * program's length, then the program from standard input; what follows is the conversation.
 */
const starter = `/bin/sh -c 'IFS= read -r n; program=$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null); eval "$program"' slipway-agent`;

export type Become = 'sudo-shell' | 'none';

export function agentCommand(become: Become): string {
  return become === 'sudo-shell' ? `sudo -n -- ${starter}` : starter;
}
