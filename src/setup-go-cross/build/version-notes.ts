import { parse } from 'semver';
import { SlipwayError } from '../../core/errors.ts';
import { git } from '../../core/git.ts';
import type { Release } from '../../core/version.ts';

/** What a reader of the log should know of a version; empty when it is what everybody expects. */
export function versionNotes(release: Release, module: string, shallow: boolean): string[] {
  const notes: string[] = [];
  if (shallow && release.source === 'pseudo-version') {
    notes.push(
      `the clone is shallow: tags before this commit are not known, so the version is ${release.version}. With actions/checkout set fetch-depth: 0, or set version`,
    );
  }
  const major = parse(release.version)?.major ?? 0;
  const own = Number(/(?:\/|gopkg\.in\/.*\.)v([1-9]\d*)$/.exec(module)?.[1] ?? 0);
  const fits = own < 2 ? major < 2 : major === own;
  if (release.source !== 'none' && module !== '' && !fits) {
    const wanted = major < 2 ? module.replace(/\/v\d+$/, '') : `${module.replace(/\/v\d+$/, '')}/v${major}`;
    notes.push(
      `the version ${release.version} does not fit the module ${module}: go would call it ${wanted}. The record and the stamp say ${release.version}, "go version -m" says another version; change the module line of go.mod, or take a version v${own < 2 ? '0 or v1' : own}`,
    );
  }
  return notes;
}

/** Whether git has only the newest commits. */
export async function isShallow(directory: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await git(directory, ['rev-parse', '--is-shallow-repository'], signal)).trim() === 'true';
  } catch (error) {
    if (error instanceof SlipwayError && ['PROGRAM_MISSING', 'PROCESS_FAILED'].includes(error.code)) return false;
    throw error;
  }
}

/**
 * A tag may hold more than a version that is typed in: quotes, `$`, `;`. It goes into paths and flags of the linker.
 *
 * @throws SlipwayError VERSION_INVALID
 */
export function assertFit({ version, source }: Release): void {
  if (/^[\w.+~/-]+$/.test(version) && !version.startsWith('-')) return;
  throw new SlipwayError('VERSION_INVALID', `the ${source} "${version}" holds characters that a version cannot have`, {
    hint: 'Set the input version, e.g. v1.2.3.',
  });
}
