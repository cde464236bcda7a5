import { SlipwayError } from '../../core/errors.ts';
import { type JsonPath, parseJsonPath } from '../../core/health/json-path.ts';
import type { Deployment } from '../../core/record/schema.ts';
import { nameOfDeployment } from '../chain.ts';
import { otherThan, type Release } from '../reported.ts';
import { parsePlace } from './cluster.ts';
import { type Look, type Subject, unseen, wholeMessage } from './subject.ts';

/** Where each pod of a deployment tells its version. */
export interface PodReport {
  readonly port: number;
  readonly path: string;
  readonly at?: JsonPath;
}

const form = /^pods:(\d{1,5})(\/\S*)(?:\s+(\S+))?$/;

/** `pods:8080/version [JSON-PATH]`, or undefined for another line. */
export function parsePodReport(line: string): PodReport | undefined {
  if (!line.startsWith('pods')) return undefined;
  const [, port, path, at] = form.exec(line) ?? [];
  if (port === undefined || path === undefined) {
    throw new SlipwayError('INPUT_INVALID', `input "reported" is "${line}": it is not pods:PORT/PATH [JSON-PATH]`, {
      hint: 'Write e.g. pods:8080/version $.version. Nothing was changed.',
    });
  }
  return { port: Number(port), path, ...(at === undefined ? {} : { at: parseJsonPath(at) }) };
}

/** Milliseconds for one pod's answer. */
const patience = 5000;

/** Asks every pod of a deployment what it is, through the API server: a balancer cannot hide one. */
export async function podReportSubject(
  deployment: Deployment,
  report: PodReport,
  release: Release,
  access: { readonly kubeconfig: string | undefined; readonly context: string | undefined },
): Promise<Subject> {
  const kubernetes = await import('../../core/kubernetes/index.ts');
  const { context, namespace } = parsePlace(deployment.place);
  const target = kubernetes.parseWorkload(deployment.service);
  const wanted = access.context ?? (context === '' ? undefined : context);
  const cluster = await kubernetes.connectCluster({ kubeconfig: access.kubeconfig, context: wanted, namespace });

  async function ask(pod: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `${kubernetes.corePath(namespace, 'pods', `${pod}:${report.port}`)}/proxy${report.path}`;
    const { status, body } = await cluster.raw('GET', path, { headers: { accept: '*/*' }, timeout: patience, signal });
    if (status !== 200) return `the pod ${pod} answers ${status}`;
    const other = otherThan(release, body, report.at);
    return other === undefined ? undefined : `the pod ${pod}: ${other}`;
  }
  async function look(signal: AbortSignal): Promise<Look> {
    try {
      const pods = (await kubernetes.podsOfWorkload(cluster, target, signal, namespace)).map(kubernetes.viewPod);
      const said = await Promise.all(pods.filter(pod => pod.ready).map(pod => ask(pod.name, signal)));
      const wrong = said.filter(one => one !== undefined);
      const names = pods.map(pod => pod.name).sort();
      const base = { anchor: names.join(' '), evidence: { pods: names, asked: said.length }, final: false };
      if (wrong.length > 0) return { ...base, state: 'other', reason: 'other-release', detail: wrong.join('; ') };
      if (said.length === 0)
        return { ...base, state: 'other', reason: 'no-pods', detail: 'no pod is ready to be asked' };
      return { ...base, state: 'as-built', detail: `${said.length} pods report ${release.version}` };
    } catch (error) {
      if (signal.aborted) throw error;
      const final = kubernetes.isApiError(error, 401) || kubernetes.isApiError(error, 403);
      return unseen(final ? 'no-access' : 'unreachable', wholeMessage(error), final);
    }
  }
  return {
    kind: 'reported',
    name: `each pod of ${nameOfDeployment(deployment)} reports ${release.version}`,
    expected: release.version,
    look,
    journal: async () => [],
    close: async () => cluster.close(),
  };
}
