import type { ReleaseRecord } from '../record/schema.ts';
import { escapeHtml } from './markup.ts';
import { proofsOf } from './proofs/index.ts';
import type { Proof, ProofGroup } from './proofs/proof.ts';

/** For every claim the command with which a reader checks it, and what it prints then. */
export function byHand(record: ReleaseRecord): string {
  return proofsOf(record).map(group).join('');
}

const places: Record<ProofGroup['place'], string> = {
  repository: 'in a clone of the repository',
  record: 'in the folder of release.json',
  anywhere: 'anywhere',
};

function group({ title, place, needs, proofs }: ProofGroup): string {
  const items = proofs.map(proof).join('');
  return `<details open><summary>${escapeHtml(title)}</summary><p class="soft">Run it ${places[place]}; with ${escapeHtml(needs)}.</p><ol class="proofs">${items}</ol></details>`;
}

function proof({ claim, command, prints }: Proof): string {
  const said =
    prints.length === 0
      ? '<p class="soft">It holds when the command ends without an error.</p>'
      : `<p class="soft">It prints, among other things:</p><pre class="prints">${escapeHtml(prints.join('\n'))}</pre>`;
  return `<li><p>${escapeHtml(claim)}</p><pre>${escapeHtml(command)}</pre>${said}</li>`;
}
