// ko over the checkout, with the base and the linker flags of ours.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peer } from '../../scripts/lab/peers.mjs';
import { root } from '../../scripts/root.mjs';
import { flags } from '../cross/stage.mjs';
import { platforms } from './stage.mjs';

/** `build(repository)` resolves with the seconds of the whole `ko build`. */
export async function koOf(stage, { progress }) {
  const [program, crane] = [await peer('ko', { progress }), await peer('crane', { progress })];
  const base = await pushBase(crane, stage);
  const config = join(stage.folder, 'ko.yaml');
  const builds = [{ id: 'service', ldflags: [flags.ldflags] }];
  writeFileSync(config, JSON.stringify({ defaultBaseImage: base, builds })); // JSON is YAML
  // Ours makes no SBOM of an image unless it is asked for one.
  const argv = [program, 'build', '--bare', '--sbom=none', `--platform=${platforms.join()}`, '.'];
  return {
    program,
    async build(repository) {
      const env = stage.env({ KO_DOCKER_REPO: repository, KO_CONFIG_PATH: config });
      return (await stage.timed(argv, { env })).seconds;
    },
  };
}

/** A base as ours: its one layer, for both platforms, in the same registry. */
async function pushBase(crane, stage) {
  const base = stage.repository();
  const layer = join(root, 'src/build-multiarch-image/assets/scratch.tar.gz');
  const call = (...argv) => stage.timed([crane, ...argv], { env: stage.env() });
  await call('append', '--oci-empty-base', '--new_layer', layer, '--new_tag', `${base}:none`);
  const parts = [];
  for (const platform of platforms) {
    const part = `${base}:${platform.replace('/', '-')}`;
    await call('mutate', `${base}:none`, '--set-platform', platform, '--tag', part);
    parts.push('--manifest', part);
  }
  await call('index', 'append', ...parts, '--tag', `${base}:both`);
  return `${base}:both`;
}
