import { sha256File } from '../../src/core/files.ts';

/**
 * The contenders do the same work when they make the same bytes: same flags, same commit, same Go.
 *
 * @param runs { NAME: paths of its programs }
 */
export async function assertSamePrograms(runs, count) {
  const sums = {};
  for (const [name, programs] of Object.entries(runs)) {
    if (programs.length !== count) throw new Error(`${name} made ${programs.length} programs, not ${count}`);
    sums[name] = (await Promise.all(programs.map(path => sha256File(path)))).sort().join(' ');
  }
  const [first, ...others] = Object.entries(sums);
  for (const [name, sum] of others)
    if (sum !== first[1])
      throw new Error(`${name} and ${first[0]} made different programs: they were not asked for the same`);
}
