import { appendFileSync } from 'node:fs';
import { startFront } from '../lib/front.mjs';
import { measure, row } from '../lib/measure.mjs';
import { moduleVersion } from '../lib/module-version.mjs';
import { layersOf, platformsOf } from '../lib/stored-image.mjs';
import { koOf } from './ko.mjs';
import { changedJob } from './stage.mjs';

/**
 * The same image to the same repository again: with the layers that the run before kept, and on a fresh runner, which
 * compresses them to see that they are the same. Then with one program changed.
 */
export async function again({ stage, job, rounds, short, progress }) {
  const ko = await koOf(stage, { progress });
  const front = await startFront(stage.registry.host);
  try {
    const [images, koImages] = [stage.repository(front.host), stage.repository(front.host)];
    const kept = await stage.fresh('kept-layers');
    await stage.push(job, { images, 'layer-cache': kept });
    const first = front.uploaded().bytes;
    await ko.build(koImages);
    front.uploaded();
    const bytes = [];
    const contender = (name, cache) => ({
      name,
      run: async () => {
        front.uploaded();
        const { seconds } = await stage.push(job, { images, 'layer-cache': await cache() });
        bytes.push(front.uploaded().bytes);
        return seconds;
      },
    });
    const contenders = [
      contender('layer cache', () => kept),
      contender('fresh runner', () => stage.fresh('layers')),
      { name: 'ko build again', run: () => ko.build(koImages) },
    ];
    const samples = await measure(contenders, rounds, { warmUp: !short, rotate: true, progress });
    const { layers, all } = await uploadedLayers({ stage, job, images, kept, front });
    progress(`one program changed: ${layers} of ${all} layers uploaded`);
    const counts = {
      uploaded: [Math.max(...bytes) / 1e6],
      firstUpload: [first / 1e6],
      layers: [layers],
      all: [all],
    };
    const timed = (name, ours, most) => row({ name, ours, peer: 'ko build again', goal: { most } }, samples);
    return {
      rows: [
        timed('nothing changed, layers cached, against `ko build`', 'layer cache', 1),
        timed('nothing changed, fresh runner, against `ko build`', 'fresh runner', 2.5),
        row(
          {
            name: 'nothing changed: uploaded, against the first push',
            ours: 'uploaded',
            peer: 'firstUpload',
            unit: 'MB',
            goal: { most: 0 },
          },
          counts,
        ),
        row(
          {
            name: 'one program changed: layers uploaded, of all',
            ours: 'layers',
            peer: 'all',
            unit: 'layers',
            goal: { most: 1 },
          },
          counts,
        ),
      ],
      samples: { ...samples, bytes },
      versions: { ko: await moduleVersion(stage.go, ko.program) },
    };
  } finally {
    await front.end();
  }
}

/** How many layers go up when one of two programs has changed, and how many the image has. */
async function uploadedLayers({ stage, job, images, kept, front }) {
  const changed = await changedJob(stage, job, 'changed', 'linux/arm64', path => appendFileSync(path, 'changed'));
  front.uploaded();
  const { outputs } = await stage.push(changed, { images, 'layer-cache': kept });
  const { digests } = front.uploaded();
  const found = await platformsOf(images, outputs.digest);
  const layers = new Set((await Promise.all(found.map(({ digest }) => layersOf(images, digest)))).flat());
  const uploaded = digests.filter(digest => layers.has(digest));
  if (uploaded.length === 0) throw new Error('a changed program was not uploaded: the image is another one');
  return { layers: uploaded.length, all: layers.size };
}
