import { sha256 } from '../core/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { formatTarget } from '../core/target.ts';
import type { Artifact } from './artifacts.ts';
import { portFiles, withoutPort } from './blue-green/port-files.ts';
import { renderEnvironment } from './environment-file.ts';
import type { ExtraFile } from './extra-files.ts';
import { limitVariables } from './limit-variables.ts';
import { shareOf } from './nfs/layout.ts';
import { type ReleaseTexts, renderTexts } from './release-texts.ts';
import { asVariables, credentialsSince } from './secrets.ts';
import type { Settings } from './settings.ts';
import type { SystemFile } from './system-files.ts';

/** A small file of a release folder. */
export interface Part {
  /** Below the release's folder. */
  readonly path: string;
  /** Octal; 600 for what only root may read. */
  readonly mode: '644' | '600';
  readonly content: string;
}

/** What of its texts a plan shows and a log says. */
type Shown = 'unit' | 'dropIn' | 'timer' | 'launch' | 'image' | 'left' | 'beyondUser';

/** All that a release folder on a host holds. The same content has the same id. */
export interface Candidate extends Pick<ReleaseTexts, Shown> {
  readonly id: string;
  readonly artifact: Artifact;
  /** Names of the environment variables. */
  readonly variables: readonly string[];
  /** Names of the credentials; empty where they had to become variables. */
  readonly credentials: readonly string[];
  /** Unit, drop-in, socket, files for other programs, environment, credentials, record. */
  readonly parts: readonly Part[];
  readonly files: readonly ExtraFile[];
}

/** @param systemd version on the host */
export function makeCandidate(
  artifact: Artifact,
  record: ReleaseRecord,
  settings: Settings,
  files: readonly ExtraFile[],
  systemd: number,
  system: readonly SystemFile[] = [],
): Candidate {
  const asFiles = systemd >= credentialsSince ? settings.credentials : {};
  const credentials = Object.keys(asFiles).sort();
  const { same, differing } = withoutPort(settings.environment, settings.ports);
  const ofPorts = portFiles(settings.ports, differing);
  const open = { ...limitVariables(settings.unit.memoryMax, settings.unit.cpuQuota), ...same };
  const secret = {
    ...(systemd >= credentialsSince ? {} : asVariables(settings.credentials)),
    ...settings.secretEnvironment,
  };
  const environment = { ...open, ...secret };
  const variables = Object.keys(environment).sort();
  const passed = [...variables, ...(settings.ports === undefined ? [] : ['PORT', ...Object.keys(differing)])].sort();
  const texts = renderTexts(artifact, settings, files, { credentials, variables: passed }, systemd);
  const { unit, dropIn, socket, timer, launch, image, engine, onShare } = texts;
  const systemTexts = system.map(({ kind, text }) => [`system/${kind}`, text] as const);
  const content = [
    artifact.sha256,
    unit,
    renderEnvironment(open),
    settings.fingerprint(secret),
    settings.fingerprint(asFiles),
    files.map(one => [one.path, one.mode, one.sha256]),
    ...(socket === '' ? [] : [socket]),
    // each with its name, as any of them may be missing
    ...given(Object.entries({ dropIn, timer, launch, image, onShare: onShare === '' ? '' : shareOf(settings)! })).map(
      ([name, text]) => ({ [name]: text }),
    ),
    ...systemTexts.map(([name, text]) => ({ [name]: text })),
    ...ofPorts.map(({ path, content }) => ({ [path]: content })),
  ];
  const id = `${nameOf(record.version)}-${sha256(JSON.stringify(content)).slice(0, 12)}`;
  const names = { environment: variables, secretEnvironment: Object.keys(secret).sort(), credentials };
  const manifest = manifestOf(id, artifact, image, record, settings, files, names);
  return {
    ...texts,
    id,
    artifact,
    variables,
    credentials,
    parts: [
      ...given([
        ['unit', unit],
        ['drop-in', dropIn],
        ['timer', timer],
        ['launch', launch],
        ['socket', socket],
        ...systemTexts,
        ['container-image', image === '' ? '' : `${image}\n`],
        ['container-engine', engine],
        ['on-share', onShare],
      ]).map(([path, text]): Part => ({ path, mode: path === 'system/backup' ? '600' : '644', content: text })),
      ...ofPorts,
      { path: 'environment', mode: '600', content: renderEnvironment(environment) },
      ...credentials.map((name): Part => ({ path: `credentials/${name}`, mode: '600', content: asFiles[name]! })),
      { path: 'release.json', mode: '644', content: `${JSON.stringify(manifest, undefined, 2)}\n` },
    ],
    files,
  };
}

/** Those that have a text. */
function given(texts: readonly (readonly [name: string, text: string])[]): (readonly [string, string])[] {
  return texts.filter(([, text]) => text !== '');
}

/**
 * What the host keeps of the record, and what this release is there.
 *
 * @param names of secrets their names only: a hash would let short ones be guessed
 */
function manifestOf(
  id: string,
  { target, size, sha256: sum, attestedBy }: Artifact,
  image: string,
  record: ReleaseRecord,
  { service, timer, ports }: Settings,
  files: readonly ExtraFile[],
  names: Readonly<Record<string, readonly string[]>>,
): object {
  const { deployments: _deployments, verification: _verification, binaries: _binaries, ...kept } = record;
  return {
    ...kept,
    id,
    service,
    ...(timer === undefined ? {} : { job: timer.calendar }),
    binary: { target: formatTarget(target), size, sha256: sum, ...(attestedBy === undefined ? {} : { attestedBy }) },
    ...(image === '' ? {} : { image: image.replaceAll('\n', ', ') }),
    ...(ports === undefined ? {} : { ports }),
    ...names,
    files: files.map(one => ({ path: one.path, mode: one.mode, sha256: one.sha256 })),
  };
}

/** A hash over the parts of a release, as the agent makes it of what is on the host: all but the program and the record. */
export function contentOf({ parts, files }: Candidate): string {
  const sums = [
    ...parts.filter(({ path }) => path !== 'release.json').map(({ path, content }) => [sha256(content), path]),
    ...files.map(one => [one.sha256, `files/${one.path}`]),
  ];
  const lines = sums.map(([sum, path]) => Buffer.from(`${sum}  ./${path}\n`));
  return sha256(Buffer.concat(lines.sort(Buffer.compare)));
}

/** A version as the beginning of a folder's name. */
export function nameOf(version: string): string {
  return (
    version
      .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
      .replace(/^[.-]+/, '')
      .slice(0, 60) || 'release'
  );
}
