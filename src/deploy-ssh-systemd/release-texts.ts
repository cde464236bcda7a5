import type { Artifact } from './artifacts.ts';
import { renderComposeUnit } from './compose/compose-unit.ts';
import { type Container, referenceOf } from './container/container.ts';
import { renderContainerUnit } from './container/container-unit.ts';
import { fitUnit } from './directives.ts';
import { renderDropIn } from './drop-in.ts';
import { containerLaunch } from './dsm/container-launch.ts';
import { cronLines } from './dsm/cron.ts';
import { launchScript, rcScript } from './dsm/scripts.ts';
import type { ExtraFile } from './extra-files.ts';
import { listingOnShare, shareOf } from './nfs/layout.ts';
import type { Settings } from './settings.ts';
import { renderTimer } from './timer/timer-unit.ts';
import { renderSocket, renderUnit, type UnitOptions } from './unit-file.ts';
import { userUnit } from './user-unit.ts';

/** What of a release the host's systemd, or what stands in its place, reads. Empty is what the release does not have. */
export interface ReleaseTexts {
  readonly unit: string;
  readonly dropIn: string;
  readonly socket: string;
  /** Of a job. */
  readonly timer: string;
  /** How the watchdog starts the program, where systemd does not; what starts the containers of a project. */
  readonly launch: string;
  /** With its digest, where it is no binary. */
  readonly image: string;
  /** Where it is not podman. */
  readonly engine: string;
  /** What of it lies on a share, with its sums. */
  readonly onShare: string;
  /** Directives that the host's systemd does not know. */
  readonly left: readonly string[];
  /** Directives that a user's systemd cannot do. */
  readonly beyondUser: readonly string[];
}

/**
 * Pure.
 *
 * @param names of credentials and environment variables
 * @param systemd version on the host
 */
export function renderTexts(
  artifact: Artifact,
  settings: Settings,
  files: readonly ExtraFile[],
  names: { readonly credentials: readonly string[]; readonly variables: readonly string[] },
  systemd: number,
): ReleaseTexts {
  const { service, directory, container, layout } = settings;
  const image = container === undefined ? '' : referenceOf(container);
  const hasFiles = files.length > 0;
  const isDsm = layout === 'dsm';
  const options = { ...settings, ...settings.unit, ...names, share: shareOf(settings), hasFiles };
  const { text, left } = isDsm
    ? { text: rcScript(settings), left: [] }
    : fitUnit(unitOf(options, image, container), systemd);
  const { unit, left: beyondUser } = settings.ownServices ? userUnit(text) : { unit: text, left: [] };
  const stream = settings.restartMethod === 'socket' ? settings.listen?.stream : undefined;
  const schedule = isDsm ? cronLines : renderTimer;
  return {
    unit,
    dropIn: settings.dropIn === '' ? '' : renderDropIn(settings.dropIn, directory),
    socket: stream === undefined ? '' : renderSocket(service, directory, stream),
    timer: settings.timer === undefined ? '' : schedule(service, directory, settings.timer),
    launch: isDsm ? launchOf(settings, image, names.variables, hasFiles) : (container?.compose?.launch ?? ''),
    image,
    engine: container?.engine === 'docker' ? 'docker\n' : '',
    onShare: listingOnShare(artifact, files, settings),
    left,
    beyondUser,
  };
}

/** Of a NAS. */
function launchOf(settings: Settings, image: string, variables: readonly string[], hasFiles: boolean): string {
  return image === '' ? launchScript(settings, hasFiles) : containerLaunch(settings, image, variables);
}

function unitOf(
  options: UnitOptions & { readonly variables: readonly string[] },
  image: string,
  container: Container | undefined,
): string {
  const { compose, engine = 'podman' } = container ?? {};
  if (compose !== undefined) return renderComposeUnit({ ...options, compose, engine });
  return image === '' ? renderUnit(options) : renderContainerUnit({ ...options, image, engine });
}
