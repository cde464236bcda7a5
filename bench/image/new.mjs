import { measure, row } from '../lib/measure.mjs';
import { moduleVersion } from '../lib/module-version.mjs';
import { buildahOf, startBuildKit, writeContext } from './engines.mjs';
import { koOf } from './ko.mjs';
import { mustHaveBoth } from './stage.mjs';

/**
 * Two platforms to a repository that does not exist, in the same registry. Every compiler's cache is warm, sources are
 * unchanged, and nothing else is cached: no contender has a layer from the round before, except the one that is said to.
 * ko makes an SBOM beside setup-go-cross, which makes one, too.
 */
export async function fromNothing({ stage, job, rounds, short, progress }) {
  const ko = await koOf(stage, { progress });
  const context = writeContext(stage, job);
  const buildkit = await startBuildKit(stage, context, { progress });
  const buildah = await buildahOf(stage, context).catch(error => buildkit.end().then(() => Promise.reject(error)));
  const contender = (name, tag, push) => ({
    name,
    run: async () => {
      const repository = stage.repository();
      const seconds = await push(repository);
      await mustHaveBoth(repository, tag);
      return seconds;
    },
  });
  const image = async images => (await stage.push(job, { images, 'layer-cache': await stage.fresh('layers') })).seconds;
  const kept = await stage.fresh('kept-layers');
  const both = async (images, layers) => {
    const { seconds, outputs } = await stage.build();
    const inputs = { release: outputs.release, tags: 'v1', images, 'layer-cache': layers };
    const given = { 'working-directory': stage.checkout, ...inputs };
    return seconds + (await stage.step('build-multiarch-image', given, { env: stage.env() })).seconds;
  };
  const contenders = [
    contender('build-multiarch-image', 'v1', image),
    contender('setup-go-cross and build-multiarch-image', 'v1', async images =>
      both(images, await stage.fresh('layers')),
    ),
    contender('both, layers cached', 'v1', images => both(images, kept)),
    contender('ko build', 'latest', ko.build),
    contender('ko build with SBOM', 'latest', images => ko.build(images, { sbom: true })),
    contender('BuildKit', 'v1', buildkit.build),
    contender('buildah', 'v1', buildah.build),
  ];
  try {
    const samples = await measure(contenders, rounds, { warmUp: !short, rotate: true, progress });
    const [ours, oursBoth, oursCached, ...peers] = contenders.map(({ name }) => name);
    const of = (name, our, peer, ratio) => row({ name, ours: our, peer, goal: ratio && { ratio } }, samples);
    return {
      rows: [
        of('two platforms to a new repository, against all of `ko build`', ours, peers[0], 0.5),
        of('the same with setup-go-cross, against `ko build`', oursBoth, peers[1], 1),
        of('the same with layers cached, against `ko build`', oursCached, peers[1]),
        of('two platforms to a new repository, against BuildKit', ours, peers[2], 0.6),
        of('two platforms to a new repository, against buildah', ours, peers[3], 0.3),
      ],
      samples,
      versions: {
        ko: await moduleVersion(stage.go, ko.program),
        buildkit: await moduleVersion(stage.go, buildkit.program),
        buildah: buildah.version,
      },
    };
  } finally {
    await buildah.end();
    await buildkit.end();
  }
}
