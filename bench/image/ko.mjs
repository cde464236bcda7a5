// ko over the checkout, with the base and the linker flags of ours.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peer } from '../../scripts/lab/peers.mjs';
import { flags } from '../cross/stage.mjs';
import { baseLayer, platforms } from './stage.mjs';

/** `build(repository)` resolves with the seconds of the whole `ko build`; it makes an SBOM only with `sbom`. */
export async function koOf(stage, { progress, wanted = platforms }) {
  const [program, crane] = [await peer('ko', { progress }), await peer('crane', { progress })];
  const base = await pushBase(crane, stage, wanted);
  const config = join(stage.folder, 'ko.yaml');
  const builds = [{ id: 'service', ldflags: [flags.ldflags] }];
  writeFileSync(config, JSON.stringify({ defaultBaseImage: base, builds })); // JSON is YAML
  return {
    program,
    async build(repository, { sbom = false } = {}) {
      const argv = [program, 'build', '--bare', `--sbom=${sbom ? 'spdx' : 'none'}`, `--platform=${wanted.join()}`, '.'];
      const env = stage.env({ KO_DOCKER_REPO: repository, KO_CONFIG_PATH: config });
      return (await stage.timed(argv, { env })).seconds;
    },
  };
}

/** A base as ours: its one layer, for all platforms, in the same registry. */
async function pushBase(crane, stage, wanted) {
  const base = stage.repository();
  const call = (...argv) => stage.timed([crane, ...argv], { env: stage.env() });
  await call('append', '--oci-empty-base', '--new_layer', baseLayer, '--new_tag', `${base}:none`);
  const parts = [];
  for (const platform of wanted) {
    const part = `${base}:${platform.replaceAll('/', '-')}`;
    await call('mutate', `${base}:none`, '--set-platform', platform, '--tag', part);
    parts.push('--manifest', part);
  }
  await call('index', 'append', ...parts, '--tag', `${base}:all`);
  return `${base}:all`;
}
