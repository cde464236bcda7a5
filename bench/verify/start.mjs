import { measure, row } from '../lib/measure.mjs';
import { prepare } from '../startup.mjs';

/** From process start to the first check on the wire: `npm run bench -- startup`, as a part. */
export async function start({ dist, rounds, progress }) {
  const { contenders, rows, end } = await prepare({ dist });
  try {
    const samples = await measure(contenders, rounds * 2, { progress });
    const named = rows.map(one => ({
      ...one,
      name: `from start to the first check on the wire, ${one.name.split(' ').slice(1).join(' ')}`,
    }));
    return { rows: named.map(one => row({ ...one, unit: 'ms' }, samples)), samples, versions: {} };
  } finally {
    await end();
  }
}
