import { messageOf } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import { table } from '../../core/summary.ts';
import { formatSize } from '../../core/units.ts';
import type { GitHubApi } from './api.ts';
import { type Asset, assetName, bundleSuffix, checksumsName, programsOf } from './assets.ts';
import type { Place } from './place.ts';

/** What GitHub finds changed since the release before: its list of pull requests. Without it a release is one, too. */
export async function changesOf(api: GitHubApi, tag: string, signal: AbortSignal): Promise<string> {
  const doing = `asking what changed until ${tag}`;
  const json = { tag_name: tag };
  const call = { doing, method: 'POST', path: '/releases/generate-notes', json, needs: 'contents: write' } as const;
  try {
    const notes = await api.trying(limited => api.send<{ body: string }>(call, limited), {
      doing,
      within: 30_000,
      signal,
    });
    return `${notes.body.trim()}\n\n`;
  } catch (error) {
    signal.throwIfAborted();
    log.warning(`${doing}: ${messageOf(error)}; the notes of the release go without it`);
    return '';
  }
}

/** Pure: what the record says of a release, for those who download it, and how they check it with public tools. */
export function releaseNotes(record: ReleaseRecord, tag: string, assets: readonly Asset[], place: Place): string {
  const parts = [built(record), downloads(record, assets), images(record), checks(record, tag, assets, place)];
  return `${parts.filter(part => part !== '').join('\n\n')}\n`;
}

function built({ commit, toolchain, binaries }: ReleaseRecord): string {
  const by = toolchain === undefined ? '' : ` with ${toolchain.version} (${verifiedBy[toolchain.verifiedBy]})`;
  const again = binaries.length > 0 && binaries.every(one => one.reproducible === true);
  const reproducible = again ? '; a second build gave the same bytes' : '';
  return commit === undefined && by === ''
    ? ''
    : `Built${commit === undefined ? '' : ` from ${commit}`}${by}${reproducible}.`;
}

const verifiedBy = {
  'checksum-database': 'verified by Go’s checksum database',
  sha256: 'verified by its sha256',
  'runner-image': 'of the runner’s image',
} as const;

function downloads(record: ReleaseRecord, assets: readonly Asset[]): string {
  const rows = programsOf(record).map(({ target, path, sha256 }) => {
    const name = assetName(path);
    const size = assets.find(one => one.name === name)?.size ?? 0;
    return [target, `\`${name}\``, formatSize(size), `\`${sha256}\``];
  });
  return rows.length === 0 ? '' : `## Files\n\n${table(['Target', 'File', 'Size', 'sha256'], rows)}`;
}

function images({ images: all }: ReleaseRecord): string {
  const rows = all
    .filter(one => one.part !== true)
    .flatMap(({ repositories, tags, digest, platforms }) =>
      repositories.map(name => [
        tags.map(tag => `\`${name}:${tag}\``).join('\n') || `\`${name}\``,
        platforms.map(({ platform }) => platform).join(', '),
        `\`${digest}\``,
      ]),
    );
  return rows.length === 0 ? '' : `## Images\n\n${table(['Image', 'Platforms', 'Digest'], rows)}`;
}

function checks(record: ReleaseRecord, tag: string, assets: readonly Asset[], place: Place): string {
  const repository =
    place.server === 'https://github.com' ? place.repository : `${new URL(place.server).host}/${place.repository}`;
  const programs = programsOf(record).map(({ path }) => ({ path, name: assetName(path) }));
  const plain = programs.find(({ path }) => record.binaries.some(one => one.path === path));
  const attested = programs.find(({ name }) => assets.some(one => one.name === `${name}${bundleSuffix}`));
  const commands = [
    ...(programs.length === 0
      ? []
      : [
          '# the files are those of the release',
          `gh release download ${tag} --repo ${repository} && sha256sum --check ${checksumsName}`,
        ]),
    ...(plain === undefined ? [] : ['# the program says what it was built from', `go version -m ${plain.name}`]),
    ...(attested === undefined
      ? []
      : [
          '# who built it',
          `gh attestation verify ${attested.name} --repo ${repository} --bundle ${attested.name}${bundleSuffix}`,
        ]),
    ...record.images
      .filter(one => one.part !== true)
      .flatMap(({ repositories: [name], digest, attestations }) => [
        '# the registry has the image',
        `crane digest ${name}@${digest}`,
        ...(attestations.some(one => one.signedBy === 'keyless')
          ? [`gh attestation verify oci://${name}@${digest} --repo ${repository} --bundle-from-oci`]
          : []),
      ]),
  ];
  return commands.length === 0 ? '' : `## See for yourself\n\n\`\`\`sh\n${commands.join('\n')}\n\`\`\``;
}
