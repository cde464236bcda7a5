import { randomBytes } from 'node:crypto';
import { messageOf, type SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { formatSize } from '../../core/units.ts';
import type { HostFacts } from '../facts.ts';
import { joinErrors, onAll } from '../fleet.ts';
import { type HostSession, isLost } from '../host-session.ts';
import { packingFor } from '../packing.ts';
import { refused } from '../preflight.ts';
import { pieces } from '../prepare.ts';
import { uploadRequest } from '../requests.ts';
import type { Surveyed } from '../survey.ts';
import { type Blob, blobsOf, missingBlobs, stream } from '../upload.ts';
import { whileItAnswers } from './answers.ts';
import { lookAt, type Node, nodeOf } from './look.ts';
import { openWriter, type Pins, type Writer, writing } from './writer.ts';

/** How often an upload goes on after a cut. */
const resumptions = 5;

/** A host that has its releases from the share. */
interface Member {
  readonly host: Surveyed;
  readonly node: Node;
}

/**
 * The share of a run's hosts. One of them, the first, is where it is written, by the user who connects; each host's root
 * then reads.
 */
export class Share {
  /** All hosts of the run: those that have the share know what is there already. */
  readonly all: readonly Surveyed[];
  readonly #members: readonly Member[];
  /** What was pinned for which host when the share was looked at. */
  readonly #pins: Pins;
  readonly #releases: readonly string[];

  constructor(all: readonly Surveyed[], members: readonly Member[], pins: Pins, releases: readonly string[]) {
    this.all = all;
    this.#members = members;
    this.#pins = pins;
    this.#releases = releases;
  }

  /** Uploads what is not there, once for all; makes each release; and says what the hosts are about to have. */
  async publish(complete: readonly Surveyed[], signal: AbortSignal): Promise<void> {
    const members = this.#members.map(({ host, node }) => ({
      host: complete.find(({ session }) => session === host.session) ?? host,
      node,
    }));
    const isThere = ({ host, node }: Member) =>
      this.#pins.get(node.name)?.releases.includes(host.goal.id) && this.#releases.includes(host.goal.id);
    if (members.every(isThere)) return;
    const { session, settings } = members[0]!.host;
    for (let tries = 0; ; tries++) {
      try {
        return await writing(session, settings, signal, writer => publishAll(writer, members));
      } catch (error) {
        if (!isLost(error) || signal.aborted || tries >= resumptions) throw error;
        log.info(`${session.place}: the connection was lost; going on with the share from where it was cut`);
      }
    }
  }

  /** After the hosts: what none of them has goes. It may also wait for the next run. */
  async tidy(signal: AbortSignal): Promise<void> {
    const { session, settings } = this.#members[0]!.host;
    try {
      await writing(session, { ...settings, lockWait: 5_000 }, signal, async writer => {
        for (const { host, node } of this.#members) {
          // of a host that does not answer all is kept that it may have; and what another run has pinned since
          const facts = await host.session.facts().catch(() => undefined);
          const known = [...(this.#pins.get(node.name)?.releases ?? []), ...host.facts.releases, host.goal.id];
          const gone = facts === undefined ? [] : known.filter(id => !facts.releases.includes(id));
          if (gone.length > 0) await writer.ask('share_unpin', [node.name, ...gone]);
        }
        const gone = (await writer.ask('share_prune', [])).all('gone');
        if (gone.length > 0)
          log.info(`${session.place}: no host has these any more, removed from the share: ${gone.join(', ')}`);
      });
    } catch (error) {
      log.warning(`${session.place}: the share was not tidied, the next deployment does: ${messageOf(error)}`);
    }
  }
}

/**
 * Has every host with `layout: nfs` look at the share; undefined where there is none. Only a probe is written, and taken away.
 *
 * @throws SHARE_READ_ONLY, SHARE_SQUASHED, SHARE_DIFFERS, NODE_TAKEN, DISK_FULL
 */
export async function openShare(all: readonly Surveyed[], signal: AbortSignal): Promise<Share | undefined> {
  const hosts = all.filter(({ settings }) => settings.layout === 'nfs');
  const [first] = hosts;
  if (first === undefined) return undefined;
  const probe = randomBytes(6).toString('hex');
  using answering = whileItAnswers(first.session, first.settings, signal);
  const writer = await openWriter(first.session, first.settings, probe, answering);
  const { results, errors } = await onAll(hosts, async host => member(host, first, writer.pins, probe));
  if (errors.length > 0) throw joinErrors(errors, hosts.length);
  await writer.ask('share_end', []);
  const names = new Map(results.map(({ node, host }) => [node.name, host]));
  for (const { node, host } of results)
    if (names.get(node.name) !== host) throw taken(host.session.place, node, names.get(node.name)!.session.place);
  mustHaveRoom(first, writer.space, missingOf(results, writer));
  const { blobs, uploaded } = writer;
  const seen = all.map(host => (hosts.includes(host) ? { ...host, facts: { ...host.facts, blobs, uploaded } } : host));
  const members = results.map(({ host, node }) => ({ host: seen.find(one => one.session === host.session)!, node }));
  return new Share(seen, members, writer.pins, writer.releases);
}

/** Hosts that have nothing any more do not keep anything on the share. */
export async function leaveShare(sessions: readonly HostSession[], signal: AbortSignal): Promise<void> {
  const [first, ...others] = sessions.filter(({ settings }) => settings.layout === 'nfs');
  if (first === undefined) return;
  const nodes = await Promise.all(
    [first, ...others].map(async session => nodeOf(await lookAt(session, session.settings)).name),
  );
  await writing(first, first.settings, signal, async writer => {
    const left = (await writer.ask('share_leave', nodes)).all('left');
    if (left.length > 0) log.info(`${first.place}: left on the share as it is: ${left.join(', ')}`);
  });
}

async function member(host: Surveyed, first: Surveyed, pins: Pins, probe: string): Promise<Member> {
  const { session, settings } = host;
  const answer = await lookAt(session, settings, probe);
  const node = nodeOf(answer);
  if (answer.text('sees') !== 'yes') {
    const by = first === host ? 'root cannot read' : `root does not see`;
    throw refused(session.place, [
      {
        code: 'SHARE_DIFFERS',
        seen: `${by} what ${first.session.place} wrote in ${settings.nfsRoot}: ${answer.text('said')}`,
        hint: 'Mount the same export there on every host, with folders that root (or nobody, where root is squashed) can read.',
      },
    ]);
  }
  const pinned = pins.get(node.name);
  if (pinned !== undefined && pinned.machine !== node.machine)
    throw taken(session.place, node, `machine ${pinned.machine}`);
  return { host, node };
}

function taken(place: string, { name }: Node, other: string): SlipwayError {
  return refused(place, [
    {
      code: 'NODE_TAKEN',
      seen: `its host name ${name} is that of another host on the share, ${other}`,
      hint: `Give each host a name of its own; where that host is gone, remove nodes/${name} on the share.`,
    },
  ]);
}

function missingOf(members: readonly Member[], facts: Pick<HostFacts, 'blobs'>): Blob[] {
  const missing = members.flatMap(({ host }) =>
    host.goal.candidate === undefined ? [] : missingBlobs(host.goal.candidate, { ...host.facts, ...facts }),
  );
  return [...new Map(missing.map(one => [one.name, one])).values()];
}

function mustHaveRoom({ session, settings }: Surveyed, space: number, missing: readonly Blob[]): void {
  const needed = missing.reduce((sum, one) => sum + one.size, 0);
  if (2 * needed <= space) return;
  throw refused(session.place, [
    {
      code: 'DISK_FULL',
      seen: `${formatSize(space)} are free on the share at ${settings.nfsRoot}, and ${formatSize(2 * needed)} are needed`,
      hint: 'Make room there.',
    },
  ]);
}

/** Under the lease. Hosts are named first: from then on nothing of what they are about to have goes. */
async function publishAll(writer: Writer, members: readonly Member[]): Promise<void> {
  for (const { host, node } of members) {
    const releases = [...new Set([...host.facts.releases, host.goal.id])];
    await writer.ask('share_pin', [node.name, node.machine, ...releases]);
  }
  const missing = missingOf(members, writer);
  const { facts, session } = members[0]!.host;
  if (missing.length > 0) {
    let sent = 0;
    const count = (bytes: number) => {
      sent += bytes;
    };
    const { data, timeout } = uploadRequest(stream(missing, writer.uploaded, pieces, packingFor(facts), count));
    await writer.ask('upload', [], { data: data!, timeout: timeout! });
    const total = missing.reduce((sum, one) => sum + one.size, 0);
    log.info(
      `${session.place}: uploaded ${formatSize(total)} (${formatSize(sent)} compressed) to the share, once for ${members.length} hosts`,
    );
  } else log.info(`${session.place}: all files are on the share already; 0 bytes to upload`);
  const releases = new Map(members.map(({ host }) => [host.goal.id, host]));
  for (const [id, { goal, settings }] of releases) {
    if (goal.candidate === undefined) continue;
    const lines = blobsOf(goal.candidate, settings.service).map(({ mode, name, path }) => `${mode} ${name} ${path}\n`);
    const listing = Buffer.from(lines.join(''));
    await writer.ask('share_publish', [id, String(listing.length)], { data: listing });
  }
}
