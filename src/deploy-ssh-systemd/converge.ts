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
import { parseTarget } from '../core/target.ts';
import { formatSize } from '../core/units.ts';
import type { Artifact } from './artifacts.ts';
import { onAll } from './fleet.ts';
import { type Manifest, manifestOf } from './goal-there.ts';
import type { HostSession } from './host-session.ts';
import { isServing } from './status.ts';
import type { Surveyed } from './survey.ts';

/** A release as hosts that serve it know it: its version and commit, and its binaries, which lie on the hosts only. */
export interface Served {
  readonly release: Pick<ReleaseRecord, 'version' | 'commit' | 'commitTime'>;
  readonly artifacts: readonly Artifact[];
}

/**
 * What the hosts serve, when no record says what they should.
 *
 * @throws NOTHING_DEPLOYED, VERSIONS_DIFFER, ATTESTATION_MISSING
 */
export async function servedByHosts(sessions: readonly HostSession[], mustBeAttested: boolean): Promise<Served> {
  if (mustBeAttested)
    throw refused('ATTESTATION_MISSING', 'what hosts say of a binary attests nothing', 'Give the record by "release".');
  const { results } = await onAll(sessions, async session => {
    const facts = await session.facts();
    return isServing(facts) ? [{ place: session.place, ...(await manifestOf(session, facts.current)) }] : [];
  });
  const found = results.flat();
  const versions = [...new Set(found.map(({ version }) => version))];
  if (versions.length === 0)
    throw refused('NOTHING_DEPLOYED', 'no host serves a release that others could be brought to', 'Deploy it first.');
  if (versions.length > 1) {
    const each = found.map(({ place, version }) => `${place} ${version}`).join(', ');
    throw refused(
      'VERSIONS_DIFFER',
      `the hosts serve different versions: ${each}`,
      'Give the record of one by "release".',
    );
  }
  const binaries = new Map(found.map(({ binary }) => [binary.sha256, binary]));
  return { release: found[0] as Manifest & Served['release'], artifacts: [...binaries.values()].map(onHosts) };
}

function onHosts({ target, size, sha256: sum }: Manifest['binary']): Artifact {
  return { path: '', target: parseTarget(target), size, sha256: sum };
}

/**
 * Sees to it that all that has to be uploaded is on this machine: what is not comes from a host that has it, and is looked
 * at as anything that comes from outside.
 */
export async function fetched(hosts: readonly Surveyed[], stack: AsyncDisposableStack): Promise<Surveyed[]> {
  const copies = new Map<string, Promise<string>>();
  return Promise.all(
    hosts.map(async host => {
      const { candidate } = host.goal;
      if (candidate === undefined) return host;
      const { artifact } = candidate;
      if (host.facts.blobs.includes(artifact.sha256) || existsSync(artifact.path)) return host;
      const copy = copies.get(artifact.sha256) ?? copyOf(artifact, hosts, stack);
      copies.set(artifact.sha256, copy);
      return {
        ...host,
        goal: { ...host.goal, candidate: { ...candidate, artifact: { ...artifact, path: await copy } } },
      };
    }),
  );
}

async function copyOf(
  { sha256: sum, size, path }: Artifact,
  hosts: readonly Surveyed[],
  stack: AsyncDisposableStack,
): Promise<string> {
  const donor = hosts.find(({ facts }) => facts.blobs.includes(sum))?.session;
  if (donor === undefined) {
    const where = path === '' ? '' : `neither in ${path} nor `;
    throw refused(
      'BINARY_MISSING',
      `the binary ${sum} is ${where}on any of the hosts`,
      'Build it, or add a host that has it.',
    );
  }
  const answer = await donor.ask('fetch', [sum], { timeout: 840_000 });
  const bytes = await promisify(gunzip)(Buffer.from(answer.all('blob').join(''), 'base64'));
  if (sha256(bytes) !== sum)
    throw refused(
      'BINARY_CHANGED',
      `${donor.place} does not have the binary ${sum} any more as it was`,
      'Look at its disk.',
    );
  const folder = await mkdtemp(join(tmpdir(), 'slipway-converge-'));
  stack.defer(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, sum), bytes);
  log.info(`the binary comes from ${donor.place}, ${formatSize(size)}`);
  return join(folder, sum);
}

function refused(code: string, message: string, hint: string): SlipwayError {
  return new SlipwayError(code, message, { hint: `Nothing was changed. ${hint}` });
}
