import { endLater } from './leftovers.ts';

type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/**
 * Nodes without a machine, each with a taint `slipway.test/NAME`, and a kubelet's part for their pods: those that are bound to one
 * of them are said to run and to be ready, and are gone when they are to go. Nothing can be asked of them.
 */
export async function fakeNodes(kubectl: Kubectl, names: readonly string[]): Promise<() => Promise<void>> {
  const remove = () => kubectl(['delete', 'node', ...names, '--ignore-not-found', '--wait=false']);
  const resources = { cpu: '1', memory: '1Gi', pods: '10' };
  const beat = (name: string) => {
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Fake', lastHeartbeatTime: new Date().toISOString() }];
    const status = { conditions, allocatable: resources, capacity: resources };
    return kubectl(['patch', 'node', name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]);
  };
  await remove();
  for (const name of names) {
    const taints = [{ key: `slipway.test/${name}`, effect: 'NoSchedule' }];
    const metadata = { name, labels: { 'kubernetes.io/hostname': name } };
    await kubectl(
      ['create', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata, spec: { taints } }),
    );
    await beat(name);
  }
  let ended = false;
  const playing = (async () => {
    for (let beaten = Date.now(); !ended; ) {
      if (Date.now() - beaten > 10_000) {
        beaten = Date.now(); // a node that is silent for long is taken for dead
        await Promise.all(names.map(beat)).catch(() => undefined);
      }
      await play(kubectl, names).catch(() => undefined); // a pod that has just gone
      await new Promise(resolve => setTimeout(resolve, 400));
    }
  })();
  const end = async () => {
    ended = true;
    await playing;
    await remove();
  };
  endLater(end);
  return end;
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { name: string; image: string }[] };
  readonly status: { readonly phase: string };
}

async function play(kubectl: Kubectl, names: readonly string[]): Promise<void> {
  const pods: Pod[] = JSON.parse(await kubectl(['get', 'pods', '-o', 'json'])).items;
  for (const { metadata, spec, status } of pods.filter(one => names.includes(one.spec.nodeName ?? ''))) {
    if (metadata.deletionTimestamp !== undefined)
      await kubectl(['delete', 'pod', metadata.name, '--grace-period=0', '--force', '--ignore-not-found']);
    else if (status.phase === 'Pending') {
      const containerStatuses = spec.containers.map(({ name, image }) => ({
        name,
        image,
        imageID: image,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: new Date().toISOString() } },
      }));
      const ready = ['Ready', 'ContainersReady'].map(type => ({ type, status: 'True' }));
      const patch = { status: { phase: 'Running', conditions: ready, containerStatuses } };
      await kubectl(['patch', 'pod', metadata.name, '--subresource=status', '-p', JSON.stringify(patch)]);
    }
  }
}
