import { sha256 } from '../core/files.ts';
import type { Answer } from '../core/host-agent/answer.ts';
import { backupFile } from './backup/file.ts';
import type { HostFacts, MachineFacts } from './facts.ts';
import { firewallRules } from './firewall/host.ts';
import type { HostSession } from './host-session.ts';
import { logFiles } from './logs/log-files.ts';
import type { Obstacle } from './preflight.ts';
import { nginxSite } from './proxy/nginx-site.ts';
import type { Settings } from './settings.ts';

/** A file of a release for another program of the host. Its kind says where it lies, which program looks at it and reads it (assets/system-files.sh). */
export interface SystemFile {
  readonly kind: string;
  readonly text: string;
  /** What is tried before in its stead, where it cannot be tried yet. */
  readonly tried?: string;
  /** What else a confined agent must be let for it, KIND:SHA256. */
  readonly lets?: readonly string[];
  /** What the host is asked beside it, and what in the answer stands in the way. */
  readonly asked: readonly string[];
  readonly judge: (answer: Answer) => Obstacle[];
}

/** The first lines of each: by the mark the host knows whose it is. */
export function systemMark(directory: string): string {
  return `# Written by Slipway; a change made here is overwritten by the next deployment.\n# X-Slipway=${directory}\n`;
}

/** Those that the release has on this host. Pure. */
export function systemFiles(settings: Settings, facts: Pick<MachineFacts, 'ipv6' | 'certified'>): SystemFile[] {
  return [...nginxSite(settings, facts), ...logFiles(settings), ...firewallRules(settings), ...backupFile(settings)];
}

/** What bootstrap lets a confined agent for them, KIND:SHA256. Pure. */
export function letsOf(files: readonly SystemFile[]): string[] {
  return files.flatMap(({ kind, text, tried, lets = [] }) => [
    ...[text, ...(tried === undefined ? [] : [tried])].map(one => `${kind}:${sha256(one)}`),
    ...lets,
  ]);
}

/** Whether the programs of the host would take what is new of them; nothing is changed. */
export async function systemObstacles(
  session: HostSession,
  facts: HostFacts,
  files: readonly SystemFile[],
): Promise<Obstacle[]> {
  if (files.length === 0) return [];
  if (facts.user !== undefined)
    return [
      {
        code: 'HOST_REFUSED',
        seen: `files of ${names(files)} are root’s to write`,
        hint: 'Connect as root, or as a user who becomes it by sudo.',
      },
    ];
  const foreign = files.flatMap(({ kind }) => facts.systemForeign.get(kind) ?? []);
  if (foreign.length > 0)
    return [
      {
        code: 'SYSTEM_FOREIGN',
        seen: `${foreign.join(', ')} is there and not of Slipway in ${facts.path}`,
        hint: 'Move it away, or give another service.',
      },
    ];
  const found = [];
  for (const { kind, text, tried = text, asked, judge } of files) {
    if (facts.system.get(kind)?.trim() === text.trim()) continue;
    const data = Buffer.from(tried);
    found.push(...judge(await session.ask('try_system', [kind, String(data.length), ...asked], { data })));
  }
  return found;
}

/** Whether they lie on the host as the release has them, and no others. Pure. */
export function areInstalled(
  parts: readonly { readonly path: string; readonly content: string }[],
  facts: HostFacts,
): boolean {
  const wanted = parts.filter(({ path }) => path.startsWith('system/'));
  return (
    wanted.length === facts.system.size &&
    wanted.every(({ path, content }) => facts.system.get(path.slice('system/'.length))?.trim() === content.trim())
  );
}

function names(files: readonly SystemFile[]): string {
  return files.map(({ kind }) => kind).join(', ');
}
