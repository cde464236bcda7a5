import type { KubeObject } from './objects.ts';

/** What is wrong with a pod. `final` troubles do not pass by waiting. */
export interface Trouble {
  /** Stable: IMAGE_PULL, CRASH_LOOP, OOM_KILLED, CONTAINER_CONFIG, RESTARTED, UNSCHEDULABLE, POD_FAILED, NEVER_READY. */
  readonly code: string;
  readonly final: boolean;
  readonly pod: string;
  readonly container?: string;
  /** One sentence. */
  readonly detail: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: State;
  readonly lastState?: State;
}
interface State {
  readonly waiting?: { reason?: string; message?: string };
  readonly terminated?: { reason?: string; exitCode?: number; signal?: number; message?: string };
}

const config = [
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'InvalidImageName',
  'ErrImageNeverPull',
  'StartError',
];
/** What the kubelet says of its own lateness: it tries again by itself. */
const late = /timed out waiting for the condition|context deadline exceeded|i\/o timeout|connection refused/i;
/** What a registry says when another try gives the same answer. */
const refused = /not found|manifest unknown|unauthorized|denied|forbidden|invalid reference|no match for platform/i;

/** The worst trouble of a pod, or undefined. Pure. */
export function troubleOf(pod: KubeObject): Trouble | undefined {
  const status = pod['status'] ?? {};
  const containers: ContainerStatus[] = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const troubles = containers
    .map(container => ofContainer(pod.metadata.name, container))
    .filter(one => one !== undefined);
  if (status.phase === 'Failed')
    troubles.push({
      code: 'POD_FAILED',
      final: true,
      pod: pod.metadata.name,
      detail: `the pod failed: ${status.reason ?? ''} ${status.message ?? ''}`.trim(),
    });
  const unscheduled = (status.conditions ?? []).find(
    (one: { type: string; status: string; reason?: string }) => one.type === 'PodScheduled' && one.status === 'False',
  );
  if (unscheduled)
    troubles.push({
      code: 'UNSCHEDULABLE',
      final: false,
      pod: pod.metadata.name,
      detail: `no node takes the pod: ${unscheduled.message ?? unscheduled.reason}`,
    });
  return troubles.find(one => one.final) ?? troubles[0];
}

/** What there is to say of a pod that is not ready, also where nothing of it has failed. Pure. */
export function notReady(pod: KubeObject): Trouble {
  const known = troubleOf(pod);
  if (known !== undefined) return known;
  const { name } = pod.metadata;
  const status = pod['status'] ?? {};
  const ready = (status.conditions ?? []).find(({ type }: { type: string }) => type === 'Ready');
  const container = (status.containerStatuses ?? []).find((one: { ready?: boolean }) => !one.ready)?.name;
  const why = ready?.message ?? ready?.reason ?? `its phase is ${status.phase ?? 'unknown'}`;
  return {
    code: 'NEVER_READY',
    final: false,
    pod: name,
    ...(container === undefined ? {} : { container }),
    detail: `it does not become ready: ${why}`,
  };
}

function ofContainer(
  pod: string,
  { name, restartCount = 0, state = {}, lastState = {} }: ContainerStatus,
): Trouble | undefined {
  const made = (code: string, final: boolean, detail: string): Trouble => ({
    code,
    final,
    pod,
    container: name,
    detail,
  });
  const waiting = state.waiting?.reason ?? '';
  const message = (state.waiting?.message ?? '').trim();
  const ended = state.terminated ?? lastState.terminated;
  const how = ended === undefined ? '' : `: ${ended.reason ?? 'ended'}, exit code ${ended.exitCode}`;
  if (ended?.reason === 'OOMKilled')
    return made(
      'OOM_KILLED',
      true,
      `container ${name} was killed: it used more memory than its limit (restarts: ${restartCount})`,
    );
  if (waiting === 'ErrImagePull' || waiting === 'ImagePullBackOff')
    return made(
      'IMAGE_PULL',
      waiting === 'ImagePullBackOff' || refused.test(message),
      `the image of container ${name} cannot be pulled: ${message || waiting}`,
    );
  if (config.includes(waiting))
    return made(
      'CONTAINER_CONFIG',
      !late.test(message),
      `container ${name} cannot be started: ${waiting} ${message}`.trim(),
    );
  if (waiting === 'CrashLoopBackOff')
    return made('CRASH_LOOP', true, `container ${name} crashes again and again (restarts: ${restartCount}${how})`);
  const crashed = ended !== undefined && ended.exitCode !== 0;
  if (crashed && restartCount >= 2)
    return made('CRASH_LOOP', true, `container ${name} has crashed ${restartCount} times${how}`);
  if (crashed) return made('RESTARTED', false, `container ${name} ended${how} (restarts: ${restartCount})`);
  return undefined;
}
