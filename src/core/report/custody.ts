import type { ReleaseRecord } from '../record/schema.ts';
import { escapeHtml, hash } from './markup.ts';
import { latest, type Verdict, verdictOf } from './verdict.ts';

/** A link of the chain of custody; without evidence it is never shown as done. */
export interface CustodyLink {
  readonly name: string;
  /** A digest or commit, else words. */
  readonly hash?: string | undefined;
  readonly text?: string | undefined;
  readonly state: 'done' | 'open' | 'broken' | 'none';
}

export function custodyOf(record: ReleaseRecord): CustodyLink[] {
  const { commit, toolchain, binaries, images, verification } = record;
  const deployments = latest(record);
  const healthy = deployments.filter(one => one.state === 'healthy' || one.state === 'unchanged').length;
  const places = deployments.length === 0 ? undefined : `${healthy} of ${deployments.length} healthy`;
  return [
    link('Commit', { hash: commit }),
    link('Toolchain', { text: toolchain && `${toolchain.version}, ${toolchain.verifiedBy}` }),
    link('Binaries', { text: binaries.length === 0 ? undefined : `${binaries.length} with sha256` }),
    link('Image', { hash: images[0]?.digest }),
    link('Hosts and pods', { text: places }, healthy < deployments.length ? 'broken' : 'done'),
    link('Health', { text: verification?.verdict }, health[verdictOf(record)]),
  ];
}

const health: Record<Verdict, CustodyLink['state']> = {
  verified: 'done',
  inconclusive: 'open',
  failed: 'broken',
  'rolled-back': 'broken',
};

function link(
  name: string,
  evidence: Pick<CustodyLink, 'hash' | 'text'>,
  state: CustodyLink['state'] = 'done',
): CustodyLink {
  return { name, ...evidence, state: (evidence.hash ?? evidence.text) === undefined ? 'none' : state };
}

/** The chain of custody as a row of links. */
export function custody(record: ReleaseRecord): string {
  const links = custodyOf(record).map(({ name, state, ...evidence }) => {
    const shown = evidence.hash === undefined ? escapeHtml(evidence.text ?? 'no evidence') : hash(evidence.hash);
    return `<li${state === 'none' ? '' : ` class="${state}"`}><b>${name}</b><span>${shown}</span></li>`;
  });
  return `<ol class="chain">${links.join('')}</ol>`;
}
