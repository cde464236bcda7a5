import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { peer } from '../../scripts/lab/peers.mjs';
import { startFar } from '../lib/far.mjs';
import { startFront } from '../lib/front.mjs';
import { measure, row } from '../lib/measure.mjs';
import { moduleVersion } from '../lib/module-version.mjs';

/** Milliseconds of a round trip. */
const delay = 50;

/**
 * A push that changes nothing to a registry that is far away: round trips as they are counted on the connections, and
 * as the time that distance adds. crane pushes the image alone, from files that are ready.
 */
export async function far({ stage, job, rounds, short, progress }) {
  const crane = await peer('crane', { progress });
  const plain = { title: 'nothing changed', inputs: {}, most: 3 };
  const sealed = { title: 'nothing changed, with token and attestations', inputs: attested(), token: 'token', most: 6 };
  const results = { rows: [], samples: {}, versions: { crane: await moduleVersion(stage.go, crane) } };
  for (const kind of [plain, sealed]) {
    const { rows, samples } = await pushes({ stage, job, rounds, short, crane, kind, progress });
    results.rows.push(...rows);
    results.samples[kind.title] = samples;
  }
  return results;
}

function attested() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  return { sbom: 'cyclonedx,spdx', provenance: 'true', sign: 'key', 'signing-key': key };
}

async function pushes({ stage, job, rounds, short, crane, kind, progress }) {
  const front = await startFront(stage.registry.host, { token: kind.token });
  const distant = await startFar(front.host, delay);
  try {
    const layout = join(await stage.fresh('layout'), 'image');
    const kept = await stage.fresh('kept-layers');
    const trips = { ours: [], crane: [] };
    const contender = (who, place, run) => ({
      name: `${who} ${place}`,
      run: async () => {
        distant.roundTrips();
        const began = performance.now();
        await run();
        const seconds = (performance.now() - began) / 1000;
        if (place === 'far') trips[who].push(distant.roundTrips());
        return seconds;
      },
    });
    const contenders = [];
    for (const [place, host] of [
      ['near', front.host],
      ['far', distant.host],
    ]) {
      const [images, others] = [stage.repository(host), stage.repository(host)];
      const inputs = { images, 'layer-cache': kept, ...kind.inputs };
      const push = () => stage.timed([crane, 'push', '--index', layout, `${others}:v1`], { env: stage.env() });
      await stage.push(job, { ...inputs, ...(place === 'near' ? { output: `oci-layout:${layout}` } : {}) });
      await push();
      contenders.push(
        contender('ours', place, () => stage.push(job, inputs)),
        contender('crane', place, push),
      );
    }
    const samples = await measure(contenders, rounds, { warmUp: !short, progress });
    const added = who => samples[`${who} far`].map((far, at) => (far - samples[`${who} near`][at]) / (delay / 1000));
    // The warm-up is counted, too.
    const all = { ...samples, ...trips, 'ours added': added('ours'), 'crane added': added('crane') };
    const of = wanted => row(wanted, all);
    return {
      rows: [
        of({
          name: `${kind.title}, ${delay} ms away: round trips, against crane`,
          ours: 'ours',
          peer: 'crane',
          unit: 'trips',
          goal: { most: kind.most },
        }),
        of({
          name: `${kind.title}, ${delay} ms away: what that adds, in delays`,
          ours: 'ours added',
          peer: 'crane added',
          unit: '×',
        }),
        of({ name: `${kind.title}, ${delay} ms away: all of it`, ours: 'ours far', peer: 'crane far' }),
      ],
      samples: all,
    };
  } finally {
    await distant.end();
    await front.end();
  }
}
