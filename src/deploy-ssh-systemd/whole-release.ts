import { SlipwayError } from '../core/errors.ts';
import { parseTarget } from '../core/target.ts';
import type { Artifact } from './artifacts.ts';
import type { Candidate, Part } from './candidate.ts';
import { directives, fitUnit } from './directives.ts';
import { renderDropIn } from './drop-in.ts';
import { readEnvironment } from './environment-file.ts';
import type { ExtraFile } from './extra-files.ts';
import type { HostFacts } from './facts.ts';
import type { Manifest } from './goal-there.ts';
import type { HostSession } from './host-session.ts';
import { masked } from './read-settings.ts';
import { credentialsSince } from './secrets.ts';
import type { Settings } from './settings.ts';
import type { SystemFile } from './system-files.ts';

/** A release with all that belongs to it, as a host has it: others can get the same. */
export interface WholeRelease {
  readonly id: string;
  /** Who has it. */
  readonly place: string;
  readonly directory: string;
  /** Whether it is a service of the user's own there. */
  readonly ownServices: boolean;
  readonly manifest: Manifest;
  /** Lies on the host only. */
  readonly artifact: Artifact;
  readonly parts: readonly Part[];
  /** They lie on the host only. */
  readonly files: readonly ExtraFile[];
}

/** Asks a host for the release that it serves; its secrets are masked from now on. */
export async function wholeRelease(session: HostSession, facts: HostFacts): Promise<WholeRelease> {
  const id = facts.current;
  const [manifested, whole] = await session.askAll([
    { verb: 'manifest', args: [id] },
    { verb: 'whole', args: [id] },
  ]);
  const text = `${manifested!.text('manifest')}\n`;
  const manifest = JSON.parse(text) as Manifest;
  const parts = whole!.all('part').map(partOf);
  const { secretEnvironment, credentials } = valuesOf({ parts, manifest });
  for (const secrets of [secretEnvironment, credentials]) masked(secrets);
  const sizes = new Map(
    whole!
      .text('sizes')
      .split('\n')
      .map(line => [line.slice(line.indexOf(' ') + 1), Number(line.slice(0, line.indexOf(' ')))]),
  );
  const { target, size, sha256 } = manifest.binary;
  return {
    id,
    place: session.place,
    directory: facts.path,
    ownServices: facts.user !== undefined,
    manifest,
    artifact: { path: '', target: parseTarget(target), size, sha256 },
    parts: [...parts, { path: 'release.json', mode: '644', content: text }],
    files: manifest.files.map(one => ({ ...one, size: sizes.get(`files/${one.path}`) ?? 0, source: '' })),
  };
}

/** PATH, a new line, and the content. */
function partOf(text: string): Part {
  const end = text.indexOf('\n');
  const path = text.slice(0, end);
  const isSecret =
    path === 'environment' || path === 'system/backup' || path.startsWith('port-') || path.startsWith('credentials/');
  return { path, mode: isSecret ? '600' : '644', content: text.slice(end + 1) };
}

/**
 * The same release for another host.
 *
 * @throws CONVERGE_REFUSED where that host cannot have the same
 */
export function candidateFrom(
  whole: WholeRelease,
  settings: Settings,
  facts: HostFacts,
  place: string,
  system: readonly SystemFile[] = [],
): Candidate {
  const { parts, files, artifact, id, manifest } = whole;
  const given = contentOf(whole, 'unit');
  const why = differs(whole, given, settings, facts) ?? systemDiffers(whole, system);
  if (why !== undefined)
    throw new SlipwayError('CONVERGE_REFUSED', `${place}: it cannot have ${id} as ${whole.place} has it: ${why.seen}`, {
      hint: `Nothing was changed. ${why.hint}`,
    });
  const { text: unit, left } = fitUnit(given, facts.systemd);
  return {
    id,
    artifact,
    image: '',
    unit,
    dropIn: contentOf(whole, 'drop-in'),
    timer: contentOf(whole, 'timer'),
    launch: '',
    left,
    beyondUser: [],
    variables: manifest.environment,
    credentials: manifest.credentials,
    parts: parts.map(one => (one.path === 'unit' ? { ...one, content: unit } : one)),
    files,
  };
}

/** Its variables and secrets, as the inputs would have given them. */
export function valuesOf({
  parts,
  manifest,
}: Pick<WholeRelease, 'parts' | 'manifest'>): Pick<Settings, 'environment' | 'secretEnvironment' | 'credentials'> {
  const all = Object.entries(readEnvironment(contentOf({ parts }, 'environment')));
  const isSecret = (name: string) => manifest.secretEnvironment?.includes(name) ?? true;
  const credentials = parts.filter(({ path }) => path.startsWith('credentials/'));
  return {
    environment: Object.fromEntries(all.filter(([name]) => !isSecret(name))),
    secretEnvironment: Object.fromEntries(all.filter(([name]) => isSecret(name))),
    credentials: Object.fromEntries(credentials.map(({ path, content }) => [path.slice(12), content])),
  };
}

function contentOf({ parts }: Pick<WholeRelease, 'parts'>, path: string): string {
  return parts.find(one => one.path === path)?.content ?? '';
}

/** What of it this host cannot have. */
function differs(
  whole: WholeRelease,
  unit: string,
  settings: Settings,
  { systemd, user }: HostFacts,
): { readonly seen: string; readonly hint: string } | undefined {
  const { service, directory, runAs, layout } = settings;
  const { image } = whole.manifest;
  if (image !== undefined)
    return {
      seen: `it is a container (${image}), which is pulled, not copied`,
      hint: 'Give the record by `release`, or deploy it.',
    };
  if (layout === 'dsm' || contentOf(whole, 'launch') !== '')
    return {
      seen: 'a NAS (`layout: dsm`) is started by a script, which is not taken from another host',
      hint: 'Give the record by `release`, or deploy it.',
    };
  if (whole.ownServices !== (user !== undefined))
    return {
      seen: 'one is a service of the user’s own, the other one is root’s',
      hint: 'Reach both alike, or deploy it.',
    };
  if (whole.directory !== directory)
    return {
      seen: `it lies in ${whole.directory} there, and would in ${directory} here`,
      hint: 'Give both the same service-directory, or deploy it.',
    };
  const [runs = 'dynamic'] = (/^DynamicUser=yes$/m.test(unit) ? undefined : /(?<=^User=).+$/m.exec(unit)) ?? [];
  if (!whole.ownServices && runs !== runAs)
    return {
      seen: `its user is ${runs}`,
      hint: `Give \`run-as: ${runs}\`, and \`create-user\` where it has to be made.`,
    };
  if (systemd < credentialsSince && whole.manifest.credentials.length > 0)
    return { seen: `systemd ${systemd} has no credentials`, hint: `Deploy it, or use systemd ${credentialsSince}.` };
  // what root would run comes from the runner only
  const dropIn = settings.dropIn === '' ? '' : renderDropIn(settings.dropIn, directory);
  if (contentOf(whole, 'drop-in') !== dropIn)
    return {
      seen: dropIn === '' ? 'it has a drop-in' : 'its drop-in is another one',
      hint: 'Give its own by the input `drop-in`: no other host is trusted with that.',
    };
  // from one host to another goes only what a deployment could have written there
  const strange = unit.split('\n').find(line => !isOurs(line, `${directory}/current/${service}`));
  if (strange !== undefined)
    return { seen: `its unit has a line that no deployment writes: ${strange}`, hint: `Look at ${whole.place}.` };
  const beside = contentOf(whole, 'timer')
    .split('\n')
    .find(line => !isOfTimer(line));
  if (beside !== undefined)
    return { seen: `its timer has a line that no deployment writes: ${beside}`, hint: `Look at ${whole.place}.` };
  return undefined;
}

/** What other programs of a host read as root comes from the runner only, too. */
function systemDiffers({ parts }: WholeRelease, system: readonly SystemFile[]): ReturnType<typeof differs> {
  const theirs = parts.filter(({ path }) => path.startsWith('system/'));
  const same =
    theirs.length === system.length &&
    system.every(({ kind, text }) => contentOf({ parts }, `system/${kind}`).trim() === text.trim());
  if (same) return undefined;
  const kinds = [...new Set([...theirs.map(({ path }) => path.slice(7)), ...system.map(({ kind }) => kind)])];
  return {
    seen: `its files for ${kinds.join(', ')} are others`,
    hint: 'Give the inputs that they were made from: no other host is trusted with them.',
  };
}

/** Above all none that names another unit to start. */
function isOfTimer(line: string): boolean {
  if (line === '' || line.startsWith('#') || /^\[(Unit|Timer|Install)\]$/.test(line)) return true;
  return /^(Description|X-Slipway|OnCalendar|AccuracySec|RandomizedDelaySec|Persistent|WantedBy)=.*[^\\]$/.test(line);
}

function isOurs(line: string, program: string): boolean {
  if (line === '' || line.startsWith('#') || /^\[(Unit|Service|Install)\]$/.test(line)) return true;
  const [, name = '', value = ''] = /^([A-Za-z-]+)=(.*[^\\]|)$/.exec(line) ?? [];
  // no prefix that would make it root's
  if (name === 'ExecStart') return value.replace(/^"(.*?)"/, '$1').startsWith(program);
  return directives.has(name) || ['Requires', 'NotifyAccess', 'PIDFile'].includes(name);
}
