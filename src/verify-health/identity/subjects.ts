import { SlipwayError } from '../../core/errors.ts';
import type { Become } from '../../core/host-agent/become.ts';
import type { Deployment, ReleaseRecord } from '../../core/record/schema.ts';
import type { Insecure } from '../../core/registry/endpoint.ts';
import type { Access, AccessInputs } from '../../core/ssh/access.ts';
import { missingIdentity } from '../../core/ssh/missing-identity.ts';
import type { Plan } from '../plan.ts';
import type { Subject } from './subject.ts';

/** How places are reached: what the inputs of these names say. */
export interface Keys {
  readonly ssh: AccessInputs;
  readonly become: Become;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Registries that are asked by plain HTTP. */
  readonly insecure?: Insecure;
}

/**
 * A subject for each deployment. Nothing is connected yet, but keys, trust and kubeconfig are read: what is missing or
 * malformed is an error before anything is looked at. SSH and the Kubernetes client are loaded only where they are needed.
 */
export async function subjectsOf(
  deployments: readonly Deployment[],
  record: ReleaseRecord,
  keys: Keys,
): Promise<Subject[]> {
  const onHosts = deployments.some(deployment => deployment.kind === 'ssh-systemd');
  const access = onHosts ? await accessOf(keys) : undefined;
  return Promise.all(
    deployments.map(async deployment => {
      if (deployment.kind === 'kubernetes') {
        const { clusterSubject } = await import('./cluster.ts');
        return clusterSubject(deployment, record, keys);
      }
      const { hostSubject } = await import('./host.ts');
      return hostSubject(deployment, record.binaries, access!, keys.become);
    }),
  );
}

/** A subject for each deployment whose pods are asked what they are. */
export async function podReportSubjects(asked: Plan['podReports'], keys: Keys): Promise<Subject[]> {
  if (asked.length === 0) return [];
  const { podReportSubject } = await import('./pod-reports.ts');
  return Promise.all(
    asked.map(({ deployment, report, release }) => podReportSubject(deployment, report, release, keys)),
  );
}

const read = new WeakMap<Keys, Promise<Access>>();

/**
 * What opens hosts, read once: those who share it share the jump hosts' connections.
 *
 * @throws SlipwayError where the key or the hosts' keys are missing or malformed
 */
export function accessOf(keys: Keys): Promise<Access> {
  const access = read.get(keys) ?? readOnce(keys);
  read.set(keys, access);
  return access;
}

async function readOnce({ ssh }: Keys): Promise<Access> {
  const missing = missingIdentity(ssh);
  if (missing === undefined) return (await import('../../core/ssh/access.ts')).readAccess(ssh);
  throw new SlipwayError(missing.code, `${missing.message}: hosts are to be looked at over SSH`, {
    hint: `${missing.hint} For deployments of the record: or choose identity: reported or none.`,
  });
}
