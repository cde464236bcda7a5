import { SlipwayError } from '../../core/errors.ts';
import { propertiesOf } from '../../core/health/attempts/unit.ts';
import type { Become } from '../../core/host-agent/become.ts';
import { Refusal } from '../../core/host-agent/refusal.ts';
import { readUnitFiles } from '../../core/host-agent/unit-files.ts';
import type { Binary, Deployment } from '../../core/record/schema.ts';
import type { Access } from '../../core/ssh/access.ts';
import { nameOfDeployment, short } from '../chain.ts';
import { HostView } from './host-view.ts';
import { judgeHost } from './judge-host.ts';
import { type Look, type Subject, unseen, wholeMessage } from './subject.ts';

const journalLines = 40;
/** What another try does not mend. */
const refusals = [
  'AGENT_CHANGED',
  'AGENT_MISSING',
  'AUTH_REFUSED',
  'BECOME_DENIED',
  'HANDSHAKE_FAILED',
  'HOST_KEY_UNKNOWN',
  'HOST_KEY_MISMATCH',
  'HOST_KEY_REVOKED',
  'HOST_NOT_FOUND',
  'JUMP_REFUSED',
  'SSH_AGENT_FAILED',
];

/** The unit of a deployment, looked at over SSH. */
export async function hostSubject(
  deployment: Deployment,
  known: readonly Binary[],
  access: Access,
  become: Become,
): Promise<Subject> {
  const { parseHosts } = await import('../../core/ssh/hosts.ts');
  const [place] = parseHosts(deployment.place);
  if (place === undefined) throw new SlipwayError('RECORD_INVALID', 'the record has a deployment without a place');
  const service = deployment.service.replace(/\.service$/, '');
  const view = new HostView(place, access, become);

  async function look(signal: AbortSignal): Promise<Look> {
    try {
      const answer = await view.look(service, 0, signal);
      const files = readUnitFiles(answer.text('files'));
      return judgeHost(propertiesOf(answer.text('look')), files, deployment, known);
    } catch (error) {
      if (signal.aborted) throw error;
      const final = error instanceof Refusal || (error instanceof SlipwayError && refusals.includes(error.code));
      return unseen(final ? 'no-access' : 'unreachable', wholeMessage(error), final);
    }
  }
  return {
    journal: async signal => {
      if (!view.isOpen) return [];
      const answer = await view.look(service, journalLines, signal);
      return answer.lines('journal');
    },
    name: nameOfDeployment(deployment),
    expected: short(deployment.image?.split('@')[1] ?? deployment.binary ?? 'unknown'),
    look,
    close: () => view.close(),
  };
}
