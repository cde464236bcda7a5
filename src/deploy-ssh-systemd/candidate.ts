import { sha256 } from '../core/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { formatTarget } from '../core/target.ts';
import type { Artifact } from './artifacts.ts';
import { referenceOf } from './container/container.ts';
import { renderContainerUnit } from './container/container-unit.ts';
import { fitUnit } from './directives.ts';
import { renderDropIn } from './drop-in.ts';
import { cronLines } from './dsm/cron.ts';
import { launchScript, rcScript } from './dsm/scripts.ts';
import { renderEnvironment } from './environment-file.ts';
import type { ExtraFile } from './extra-files.ts';
import { limitVariables } from './limit-variables.ts';
import { listingOnShare, shareOf } from './nfs/layout.ts';
import { asVariables, credentialsSince } from './secrets.ts';
import type { Settings } from './settings.ts';
import type { SystemFile } from './system-files.ts';
import { renderTimer } from './timer/timer-unit.ts';
import { renderSocket, renderUnit } from './unit-file.ts';
import { userUnit } from './user-unit.ts';

/** A small file of a release folder. */
export interface Part {
  /** Below the release's folder. */
  readonly path: string;
  /** Octal; 600 for what only root may read. */
  readonly mode: '644' | '600';
  readonly content: string;
}

/** All that a release folder on a host holds. The same content has the same id. */
export interface Candidate {
  readonly id: string;
  readonly artifact: Artifact;
  /** With its digest; empty where it is a binary. */
  readonly image: string;
  readonly unit: string;
  /** Empty where there is none. */
  readonly dropIn: string;
  /** Of a job; empty where there is none. */
  readonly timer: string;
  /** How the watchdog starts the program; empty where systemd does. */
  readonly launch: string;
  /** Directives that the host's systemd does not know. */
  readonly left: readonly string[];
  /** Directives that a user's systemd cannot do. */
  readonly beyondUser: readonly string[];
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
  const { service } = settings;
  const asFiles = systemd >= credentialsSince ? settings.credentials : {};
  const credentials = Object.keys(asFiles).sort();
  const open = { ...limitVariables(settings.unit.memoryMax, settings.unit.cpuQuota), ...settings.environment };
  const secret = {
    ...(systemd >= credentialsSince ? {} : asVariables(settings.credentials)),
    ...settings.secretEnvironment,
  };
  const environment = { ...open, ...secret };
  const variables = Object.keys(environment).sort();
  const options = { ...settings, ...settings.unit, share: shareOf(settings), credentials, hasFiles: files.length > 0 };
  const image = settings.container === undefined ? '' : referenceOf(settings.container);
  const isDsm = settings.layout === 'dsm';
  const launch = isDsm ? launchScript(settings, files.length > 0) : '';
  const { text, left } = isDsm
    ? { text: rcScript(settings), left: [] }
    : fitUnit(image === '' ? renderUnit(options) : renderContainerUnit({ ...options, image, variables }), systemd);
  const { unit, left: beyondUser } = settings.ownServices ? userUnit(text) : { unit: text, left: [] };
  const dropIn = settings.dropIn === '' ? '' : renderDropIn(settings.dropIn, settings.directory);
  const stream = settings.restartMethod === 'socket' ? settings.listen?.stream : undefined;
  const socket = stream === undefined ? [] : [renderSocket(service, settings.directory, stream)];
  const timer =
    settings.timer === undefined ? '' : (isDsm ? cronLines : renderTimer)(service, settings.directory, settings.timer);
  const onShare = listingOnShare(artifact, files, settings);
  const content = [
    artifact.sha256,
    unit,
    renderEnvironment(open),
    settings.fingerprint(secret),
    settings.fingerprint(asFiles),
    files.map(one => [one.path, one.mode, one.sha256]),
    ...socket,
    ...(onShare === '' ? [] : [{ onShare: shareOf(settings) }]),
    ...(dropIn === '' ? [] : [{ dropIn }]),
    ...system.map(({ kind, text }) => ({ [`system/${kind}`]: text })),
    ...(timer === '' ? [] : [{ timer }]),
    ...(launch === '' ? [] : [{ launch }]),
    ...(image === '' ? [] : [{ image }]),
  ];
  const id = `${nameOf(record.version)}-${sha256(JSON.stringify(content)).slice(0, 12)}`;
  const { deployments: _deployments, verification: _verification, binaries: _binaries, ...kept } = record;
  const { target, size, sha256: sum, attestedBy } = artifact;
  const binary = {
    target: formatTarget(target),
    size,
    sha256: sum,
    ...(attestedBy === undefined ? {} : { attestedBy }),
  };
  // of secrets their names only: a hash would let short ones be guessed
  const manifest = {
    ...kept,
    id,
    service,
    ...(settings.timer === undefined ? {} : { job: settings.timer.calendar }),
    binary,
    ...(image === '' ? {} : { image }),
    environment: variables,
    secretEnvironment: Object.keys(secret).sort(),
    credentials,
    files: files.map(one => ({ path: one.path, mode: one.mode, sha256: one.sha256 })),
  };
  return {
    id,
    artifact,
    image,
    unit,
    dropIn,
    timer,
    launch,
    left,
    beyondUser,
    variables,
    credentials,
    parts: [
      { path: 'unit', mode: '644', content: unit },
      ...(dropIn === '' ? [] : [{ path: 'drop-in', mode: '644', content: dropIn } as const]),
      ...(timer === '' ? [] : [{ path: 'timer', mode: '644', content: timer } as const]),
      ...(launch === '' ? [] : [{ path: 'launch', mode: '644', content: launch } as const]),
      ...socket.map((text): Part => ({ path: 'socket', mode: '644', content: text })),
      ...system.map(({ kind, text }): Part => ({ path: `system/${kind}`, mode: '644', content: text })),
      ...(image === '' ? [] : [{ path: 'container-image', mode: '644', content: `${image}\n` } as const]),
      ...(onShare === '' ? [] : [{ path: 'on-share', mode: '644', content: onShare } as const]),
      { path: 'environment', mode: '600', content: renderEnvironment(environment) },
      ...credentials.map((name): Part => ({ path: `credentials/${name}`, mode: '600', content: asFiles[name]! })),
      { path: 'release.json', mode: '644', content: `${JSON.stringify(manifest, undefined, 2)}\n` },
    ],
    files,
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
