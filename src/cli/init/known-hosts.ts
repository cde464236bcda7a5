import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseHost } from '../../core/ssh/hosts.ts';
import { linesFor, parseKnownHosts } from '../../core/ssh/known-hosts.ts';
import type { Found } from './found.ts';

/**
 * The lines of the user's own known_hosts for all of the hosts: keys that the user has accepted before. Undefined when one
 * of the hosts has none: half a list would look complete.
 */
export async function knownHostsOf(hosts: readonly string[], env: NodeJS.ProcessEnv): Promise<Found | undefined> {
  const file = join(env['HOME'] || homedir(), '.ssh', 'known_hosts');
  const text = await readFile(file, 'utf8').catch(() => '');
  const found = hosts.map(host => linesOf(host, text));
  if (hosts.length === 0 || found.some(lines => lines.length === 0)) return undefined;
  return { value: [...new Set(found.flat())].join('\n'), at: '~/.ssh/known_hosts' };
}

function linesOf(host: string, text: string): string[] {
  const { host: name, port } = parseHost(host);
  return text.split('\n').filter(line => {
    try {
      return linesFor(parseKnownHosts(line), name, port).some(({ marker }) => marker === undefined);
    } catch {
      return false; // empty, a comment, or what ssh itself passes over
    }
  });
}
