import type { ReleaseRecord } from '../record/schema.ts';
import { escapeHtml, hash } from './markup.ts';
import { latest, type Verdict, verdictOf } from './verdict.ts';

/** The chain of custody as a row of links; a link without evidence is shown empty, never as done. */
export function custody(record: ReleaseRecord): string {
  const { toolchain, binaries, images, verification } = record;
  const deployments = latest(record);
  const healthy = deployments.filter(one => one.state === 'healthy' || one.state === 'unchanged').length;
  const verdict = verdictOf(record);
  const links = [
    link('Commit', record.commit && hash(record.commit)),
    link('Toolchain', toolchain && `${escapeHtml(toolchain.version)}, ${escapeHtml(toolchain.verifiedBy)}`),
    link('Binaries', binaries.length > 0 && `${binaries.length} with sha256`),
    link('Image', images[0] && hash(images[0].digest)),
    link(
      'Hosts and pods',
      deployments.length > 0 && `${healthy} of ${deployments.length} healthy`,
      healthy < deployments.length ? 'broken' : 'done',
    ),
    link('Health', verification && escapeHtml(verification.verdict), health[verdict]),
  ];
  return `<ol class="chain">${links.join('')}</ol>`;
}

type State = 'done' | 'open' | 'broken';
const health: Record<Verdict, State> = {
  verified: 'done',
  inconclusive: 'open',
  failed: 'broken',
  'rolled-back': 'broken',
};

function link(name: string, evidence: string | false | undefined, state: State = 'done'): string {
  return `<li${evidence ? ` class="${state}"` : ''}><b>${name}</b><span>${evidence || 'no evidence'}</span></li>`;
}
