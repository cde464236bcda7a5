import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import type { Answers } from './answers.ts';

/** A file that is written anew keeps what only the user could say: hosts, their keys, the image, the address. */
export async function answersIn(file: string): Promise<Partial<Answers>> {
  const data = await readFile(file, 'utf8').then(
    text => parse(text) as Shape | null,
    () => null,
  );
  const entries = Array.isArray(data?.deploy) ? data.deploy : [];
  const onHosts = entries.find(one => one?.kind === 'deploy-ssh-systemd');
  const hosts = [onHosts?.hosts].flat().filter(one => typeof one === 'string' && one !== '') as string[];
  const knownHosts = onHosts?.['known-hosts'];
  const image = data?.image?.images;
  const checks = data?.verify?.checks;
  const url = typeof checks === 'string' ? /https?:\/\/\S+/.exec(checks)?.[0] : undefined;
  const isHost = hosts.some(host => host.includes(URL.parse(url ?? '')?.hostname ?? '/'));
  return {
    ...(hosts.length > 0 && { hosts: hosts.flatMap(one => one.split(/\s+/)) }),
    ...(typeof knownHosts === 'string' &&
      knownHosts !== '' && { knownHosts: { value: knownHosts.trim(), at: 'as it was' } }),
    ...(typeof image === 'string' && image !== '' && { image }),
    ...(url !== undefined && !isHost && { url }),
  };
}

interface Shape {
  readonly deploy?: readonly { kind?: string; hosts?: unknown; 'known-hosts'?: unknown }[];
  readonly image?: { images?: unknown };
  readonly verify?: { checks?: unknown };
}
