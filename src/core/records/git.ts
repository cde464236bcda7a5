import { SlipwayError } from '../errors.ts';
import { log } from '../log.ts';
import type { RegistryClient } from '../registry/client.ts';
import { registryClient } from '../registry/client-of-inputs.ts';
import { parseRelease, releaseText } from './document.ts';
import { remoteBranch } from './git-branch.ts';
import { binaryFromImage } from './image-binary.ts';
import type { Opening } from './index.ts';
import { versionName } from './names.ts';
import { noInputs } from './open-oci.ts';
import type { Package } from './package.ts';
import type { Store } from './store.ts';

/**
 * A branch of its own in the program's repository: `releases/VERSION.json` and `entries/MONTH/NAME.json`. It holds no
 * binaries; those of a release are taken from the layers of its image.
 */
export function gitStore(branch: string, opening: Opening): Store {
  const { directory, env, image, signal } = opening;
  const files = remoteBranch({ directory, branch, env, place: opening.place });
  const place = `git branch ${branch}`;
  const releaseFile = (version: string) => `releases/${versionName(version)}.json`;
  const entryFile = (name: string) => `entries/${name.slice(0, 7)}/${name}.json`;
  let client: Promise<RegistryClient> | undefined;

  async function find(version: string, signal: AbortSignal): Promise<Package | undefined> {
    await files.look(signal);
    const text = await files.read(releaseFile(version), signal);
    return text === undefined ? undefined : parseRelease(text, `${place}, ${releaseFile(version)}`);
  }

  return {
    place,
    find,
    async keep(release, signal) {
      const { version, record } = release;
      if (record.binaries.length > 0 && heldBy(record.images).size === 0)
        log.warning(
          `${version}: records: git keeps no binaries, and no image has them: this version cannot be deployed again from there`,
        );
      return files.add(releaseFile(version), releaseText({ ...release, files: [] }), `release ${version}`, signal);
    },
    available: release => fromImages(release, place),
    async open(file, { record }, limited) {
      client ??= registryClient(image ?? { ...noInputs, images: [] }, env, signal, directory);
      return binaryFromImage(await client, record.images, file, limited);
    },
    async releases(signal) {
      const names = await files.list('releases', signal);
      const texts = await files.readAll(names, signal);
      const kept = texts.map((text, index) => parseRelease(text ?? '', `${place}, ${names[index]}`));
      return kept.map(({ version, commit, at }) => ({ version, commit, at }));
    },
    writeEntry: (name, text, signal) => files.add(entryFile(name), text, `entry ${name}`, signal),
    async entryNames(signal) {
      const names = await files.list('entries', signal);
      return names.map(name => name.replace(/^.*\//, '').replace(/\.json$/, ''));
    },
    readEntries: async (names, signal) => (await files.readAll(names.map(entryFile), signal)).map(text => text ?? ''),
    close: () => void client?.then(one => one[Symbol.dispose]()),
  };
}

const heldBy = (images: Package['record']['images']) =>
  new Set(images.flatMap(({ platforms }) => platforms.flatMap(one => one.binaries)));

/** The binaries that the images have, without what is kept nowhere. */
function fromImages(release: Package, place: string): Package {
  const { version, record } = release;
  const held = heldBy(record.images);
  const [binaries, lost] = [true, false].map(is => record.binaries.filter(one => held.has(one.sha256) === is));
  if (lost!.length > 0 && binaries!.length === 0) {
    throw new SlipwayError(
      'BINARIES_NOT_KEPT',
      `${place} keeps the record of ${version}, but no binaries, and no image has them`,
      {
        hint: 'Nothing was changed. Build the commit again, or download its artifact and give the input "release" its record. For the next time: add the section image, or write records: oci or folder.',
      },
    );
  }
  if (lost!.length > 0)
    log.warning(
      `${version} without ${lost!.map(one => `${one.package} for ${one.target}`).join(', ')}: no image has them`,
    );
  const { archives: _, provenance: __, ...rest } = record;
  const bare = binaries!.map(({ sbom: _, header: __, ...binary }) => binary);
  const files = bare.map(({ path, sha256, size }) => ({
    name: path,
    sha256,
    size,
    mediaType: 'application/octet-stream',
  }));
  return { ...release, record: { ...rest, binaries: bare }, files };
}
