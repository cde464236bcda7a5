import type { Build } from '../build/plan.ts';
import type { ArchiveName } from '../inputs.ts';

export type ArchiveKind = Exclude<ArchiveName, 'auto'>;

/** What a target's users unpack without another program: `auto` is zip for Windows and tar.gz for the rest. */
export function kindsFor(names: readonly ArchiveName[], os: string): ArchiveKind[] {
  return [...new Set(names.map(name => (name !== 'auto' ? name : os === 'windows' ? 'zip' : 'tar.gz')))];
}

/** `hello_1.2.3_linux_armv7.tar.gz`: as goreleaser names it, the version without its `v`. */
export function archiveName({ package: main, target }: Build, version: string, kind: ArchiveKind): string {
  const plain = version.replace(/^v(?=\d)/, '').replaceAll('/', '-');
  return `${main.name}_${plain}_${target.os}_${target.arch}${target.variant ?? ''}.${kind}`;
}
