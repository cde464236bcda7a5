import type { Deployment, Image, ReleaseRecord } from '../core/record/schema.ts';
import type { Finding } from './finding.ts';

/** The last deployment to each place and service; an older one says nothing about what runs now. */
export function lastDeployments(record: ReleaseRecord | undefined): Deployment[] {
  const last = new Map<string, Deployment>();
  for (const deployment of record?.deployments ?? []) {
    const key = [deployment.kind, deployment.place, deployment.service].join(' ');
    const known = last.get(key);
    if (known === undefined || Date.parse(known.started) <= Date.parse(deployment.started)) last.set(key, deployment);
  }
  return [...last.values()];
}

export function nameOfDeployment({ place, service }: Deployment): string {
  return `${service} at ${place}`;
}

/** The record's image that a deployment names by digest. */
export function imageOf(record: ReleaseRecord, deployment: Deployment): Image | undefined {
  const digest = deployment.image?.split('@')[1];
  return record.images.find(image => image.digest === digest);
}

/** What the record itself says, before anything is looked at: did each deployment stand, and does each link fit the one before? Pure. */
export function chainFindings(record: ReleaseRecord, now: number): Finding[] {
  return lastDeployments(record).map(deployment => {
    const found = outcome(deployment) ?? brokenLink(record, deployment);
    return {
      kind: 'record' as const,
      name: nameOfDeployment(deployment),
      ...(found ?? { verdict: 'passed' as const, detail: `${deployment.state}; its links agree in the record` }),
      started: now,
      ended: now,
    };
  });
}

type Problem = Pick<Finding, 'verdict' | 'detail'> & { readonly reason: string };

function outcome(deployment: Deployment): Problem | undefined {
  const { state, release, previous } = deployment;
  if (state === 'healthy' || state === 'unchanged') return undefined;
  if (state === 'rolled-back') {
    const now = previous === '' ? 'nothing was there before' : `${previous} is said to serve`;
    return { verdict: 'failed', reason: 'rolled-back', detail: `the deployment of ${release} was rolled back; ${now}` };
  }
  if (state === 'failed') {
    return { verdict: 'failed', reason: 'deployment-failed', detail: `the deployment of ${release} failed` };
  }
  return { verdict: 'inconclusive', reason: `deployment-${state}`, detail: `the deployment of ${release} is ${state}` };
}

function brokenLink(record: ReleaseRecord, deployment: Deployment): Problem | undefined {
  const broken = (detail: string): Problem => ({ verdict: 'failed', reason: 'not-in-record', detail });
  const built = new Set(record.binaries.map(binary => binary.sha256));
  if (deployment.kind === 'ssh-systemd' && deployment.image === undefined) {
    if (deployment.binary === undefined) return broken('the record does not say which binary was deployed');
    if (built.size > 0 && !built.has(deployment.binary)) {
      return broken(`the deployed binary ${short(deployment.binary)} is none of the ${built.size} that were built`);
    }
    return undefined;
  }
  if (deployment.image === undefined) return broken('the record does not say which image was deployed');
  if (record.images.length === 0) return undefined; // an image that was made elsewhere: its digest is still proven
  const image = imageOf(record, deployment);
  if (image === undefined) return broken(`the deployed image ${deployment.image} is none of those that were built`);
  const strange = image.platforms.flatMap(platform => platform.binaries).find(sha256 => !built.has(sha256));
  if (built.size > 0 && strange !== undefined) {
    return broken(`the image holds the binary ${short(strange)}, which is none of the ${built.size} that were built`);
  }
  return undefined;
}

/** Enough of a hash to tell two apart in a log. */
export function short(sha256: string): string {
  return sha256.replace(/^sha256:/, '').slice(0, 12);
}
