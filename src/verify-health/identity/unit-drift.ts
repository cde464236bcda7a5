import type { UnitFile } from '../../core/host-agent/unit-files.ts';
import type { Deployment } from '../../core/record/schema.ts';

/** What systemd had loaded when the deployment was confirmed; undefined in a record that does not say it. */
export function recordedFiles({ evidence }: Deployment): readonly UnitFile[] | undefined {
  const files = evidence['unitFiles'];
  if (!Array.isArray(files) || files.length === 0) return undefined;
  return files.filter(one => typeof one?.path === 'string' && typeof one?.sha256 === 'string');
}

/**
 * How the unit, its socket and their drop-ins differ from those that were deployed, in one line; undefined when they do not.
 * Pure.
 *
 * @param stale systemd says that its files have changed since it read them
 */
export function driftOf(
  recorded: readonly UnitFile[],
  loaded: readonly UnitFile[],
  stale: boolean,
): string | undefined {
  const was = new Map(recorded.map(one => [one.path, one.sha256]));
  const is = new Map(loaded.map(one => [one.path, one.sha256]));
  const found = [
    ...loaded.filter(one => !was.has(one.path)).map(one => `${one.path} was added`),
    ...loaded
      .filter(one => was.has(one.path) && was.get(one.path) !== one.sha256)
      .map(one => `${one.path} was changed`),
    ...recorded.filter(one => !is.has(one.path)).map(one => `${one.path} is gone`),
  ];
  if (found.length === 0 && stale) return 'its files were changed, and systemd has not read them again yet';
  return found.length === 0 ? undefined : found.join(', ');
}

/** The same for a deployment whose record says what was loaded. */
export function driftSince(
  deployment: Deployment,
  files: readonly UnitFile[],
  answer: Readonly<Record<string, string>>,
): string | undefined {
  const recorded = recordedFiles(deployment);
  return recorded && driftOf(recorded, files, answer['NeedDaemonReload'] === 'yes');
}
