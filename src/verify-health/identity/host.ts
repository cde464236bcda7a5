import { SlipwayError } from '../../core/errors.ts';
import type { Binary, Deployment } from '../../core/record/schema.ts';
import type { Access } from '../../core/ssh/access.ts';
import type { Connection } from '../../core/ssh/connection.ts';
import { nameOfDeployment, short } from '../chain.ts';
import { hostAnswer, hostScript, journalScript } from './host-script.ts';
import { judgeHost } from './judge-host.ts';
import { type Look, type Subject, unseen, wholeMessage } from './subject.ts';

const lookTimeout = 15_000;
/** What another try does not mend. */
const refusals = ['AUTH_REFUSED', 'HOST_KEY_UNKNOWN', 'HOST_KEY_MISMATCH', 'HOST_KEY_REVOKED', 'HOST_NOT_FOUND'];

/** The unit of a deployment, looked at over SSH; one connection serves all looks. */
export async function hostSubject(
  deployment: Deployment,
  known: readonly Binary[],
  access: Access,
  become: 'sudo-shell' | 'none',
): Promise<Subject> {
  const [{ connect }, { parseHosts }] = await Promise.all([
    import('../../core/ssh/connect.ts'),
    import('../../core/ssh/hosts.ts'),
  ]);
  const [place] = parseHosts(deployment.place);
  if (place === undefined) throw new SlipwayError('RECORD_INVALID', 'the record has a deployment without a place');
  const { service } = deployment;
  const unit = service.endsWith('.service') ? service : `${service}.service`;
  const script = hostScript(unit);
  const command = become === 'sudo-shell' ? 'sudo -n sh -s' : 'sh -s';
  let connection: Connection | undefined;

  async function look(signal: AbortSignal): Promise<Look> {
    try {
      if (connection === undefined || connection.lost !== undefined) {
        connection = await connect(place!, access, { signal, timeout: lookTimeout });
      }
      const done = await connection.exec(command, { input: script, timeout: lookTimeout, signal });
      if (done.code !== 0)
        return unseen('no-access', `${command} ended with ${done.code}: ${done.stderr.trim()}`, true);
      return judgeHost(hostAnswer(done.stdout), deployment, known);
    } catch (error) {
      if (signal.aborted) throw error;
      const final = error instanceof SlipwayError && refusals.includes(error.code);
      return unseen(final ? 'no-access' : 'unreachable', wholeMessage(error), final);
    }
  }
  async function journal(signal: AbortSignal): Promise<string[]> {
    if (connection === undefined || connection.lost !== undefined) return [];
    const { code, stdout } = await connection.exec(command, {
      input: journalScript(unit),
      timeout: lookTimeout,
      signal,
    });
    return code === 0 ? stdout.trimEnd().split('\n').filter(Boolean) : [];
  }
  return {
    journal,
    name: nameOfDeployment(deployment),
    expected: short(deployment.binary ?? 'unknown'),
    look,
    close: async () => connection?.close(),
  };
}
