import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SlipwayError } from '../core/errors.ts';
import { sha256 } from '../core/files.ts';
import { log } from '../core/log.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { formatSize } from '../core/units.ts';
import { onAll } from './fleet.ts';
import type { Manifest } from './goal-there.ts';
import type { HostSession } from './host-session.ts';
import { isServing } from './status.ts';
import type { Surveyed } from './survey.ts';
import { type Blob, missingBlobs } from './upload.ts';
import { type WholeRelease, wholeRelease } from './whole-release.ts';

/** What hosts serve: a version and commit, and the release of each kind of machine, which lies on the hosts only. */
export interface Served {
  readonly release: Pick<ReleaseRecord, 'version' | 'commit' | 'commitTime'>;
  readonly whole: readonly WholeRelease[];
}

/**
 * What the hosts serve, when no record says what they should.
 *
 * @throws NOTHING_DEPLOYED, VERSIONS_DIFFER, RELEASES_DIFFER, ATTESTATION_MISSING
 */
export async function servedByHosts(sessions: readonly HostSession[], mustBeAttested: boolean): Promise<Served> {
  if (mustBeAttested)
    throw refused('ATTESTATION_MISSING', 'what hosts say of a binary attests nothing', 'Give the record by "release".');
  const { results } = await onAll(sessions, async session => {
    const facts = await session.facts();
    return isServing(facts) ? [await wholeRelease(session, facts)] : [];
  });
  const found = results.flat();
  const first = found[0];
  if (first === undefined)
    throw refused('NOTHING_DEPLOYED', 'no host serves a release that others could be brought to', 'Deploy it first.');
  const hint = 'Leave out those that serve another one, or give the record by "release".';
  if (found.some(({ manifest }) => manifest.version !== first.manifest.version)) {
    const each = found.map(({ place, manifest }) => `${place} ${manifest.version}`).join(', ');
    throw refused('VERSIONS_DIFFER', `the hosts serve different versions: ${each}`, hint);
  }
  const byBinary = new Map(found.map(one => [one.artifact.sha256, one]));
  const other = found.find(one => byBinary.get(one.artifact.sha256)!.id !== one.id);
  if (other !== undefined) {
    const each = found.map(({ place, id }) => `${place} ${id}`).join(', ');
    throw refused('RELEASES_DIFFER', `the hosts serve the same binary by different releases: ${each}`, hint);
  }
  log.info(
    `what is not there yet comes whole from ${[...byBinary.values()].map(({ place }) => place).join(', ')}: binary, files, unit, environment and credentials; what the inputs say of these does not count`,
  );
  return { release: first.manifest as Manifest & Served['release'], whole: [...byBinary.values()] };
}

/**
 * Sees to it that all that has to be uploaded is on this machine: what is not comes from a host that has it, and is looked
 * at as anything that comes from outside.
 */
export async function fetched(hosts: readonly Surveyed[], stack: AsyncDisposableStack): Promise<Surveyed[]> {
  const copies = new Map<string, Promise<string>>();
  const pathOf = (blob: Blob) => {
    const copy = copies.get(blob.name) ?? copyOf(blob, hosts, stack);
    copies.set(blob.name, copy);
    return copy;
  };
  return Promise.all(
    hosts.map(async host => {
      const { candidate } = host.goal;
      if (candidate === undefined) return host;
      const paths = new Map<string, string>();
      for (const blob of missingBlobs(candidate, host.facts))
        if (!existsSync(blob.source)) paths.set(blob.sha256, await pathOf(blob));
      if (paths.size === 0) return host;
      const artifact = { ...candidate.artifact, path: paths.get(candidate.artifact.sha256) ?? candidate.artifact.path };
      const files = candidate.files.map(one => ({ ...one, source: paths.get(one.sha256) ?? one.source }));
      return { ...host, goal: { ...host.goal, candidate: { ...candidate, artifact, files } } };
    }),
  );
}

async function copyOf(blob: Blob, hosts: readonly Surveyed[], stack: AsyncDisposableStack): Promise<string> {
  const { name, sha256: sum, size, source, path } = blob;
  const what = path === '' ? `the binary ${sum}` : path;
  const donor = hosts.find(({ facts }) => facts.blobs.includes(name))?.session;
  if (donor === undefined) {
    const where = source === '' ? '' : `neither in ${source} nor `;
    throw refused('BINARY_MISSING', `${what} is ${where}on any of the hosts`, 'Build it, or add a host that has it.');
  }
  const answer = await donor.ask('fetch', [name], { timeout: 840_000 });
  const bytes = await promisify(gunzip)(Buffer.from(answer.all('blob').join(''), 'base64'));
  if (sha256(bytes) !== sum)
    throw refused('BINARY_CHANGED', `${donor.place} does not have ${what} any more as it was`, 'Look at its disk.');
  const folder = await mkdtemp(join(tmpdir(), 'slipway-converge-'));
  stack.defer(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, sum), bytes);
  log.info(`${path === '' ? 'the binary' : what} comes from ${donor.place}, ${formatSize(size)}`);
  return join(folder, sum);
}

function refused(code: string, message: string, hint: string): SlipwayError {
  return new SlipwayError(code, message, { hint: `Nothing was changed. ${hint}` });
}
