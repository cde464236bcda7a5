import { folderIn, readBase, readGenerated } from '../../core/generated/folder.ts';
import { updateFolder, type Written } from '../../core/generated/update.ts';
import { given } from './given.ts';
import { renderManifests } from './render.ts';
import type { Settings } from './settings.ts';

/** The name of the command: errors and the file of what was written last have it. */
const by = 'scaffold';

/** Writes the manifests, or brings those that it wrote up to date. All is read and decided before the first write. */
export async function scaffoldManifests(
  settings: Settings,
  image: string | undefined,
  directory: string,
): Promise<Written[]> {
  const folder = await folderIn(directory, settings.directory, by);
  const base = await readBase(folder, by);
  const deployment = await readGenerated(folder, 'deployment.yaml');
  const next = renderManifests(settings, given(settings, image, base['deployment.yaml'], deployment));
  return updateFolder({ folder, directory, by }, base, next);
}
