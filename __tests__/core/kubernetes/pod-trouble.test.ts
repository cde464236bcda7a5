import { expect, test } from '@jest/globals';
import { imageDigest, troubleOf, viewPod } from '../../../src/core/kubernetes/index.ts';

const pod = (status: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'hello-1', ...metadata },
  spec: { containers: [{ name: 'hello', image: 'r.example/hello:v1' }] },
  status,
});
const container = (state: object, more: object = {}) => pod({ containerStatuses: [{ name: 'hello', state, ...more }] });
const waiting = (reason: string, message = '') => ({ waiting: { reason, message } });
const ended = (exitCode: number, reason = 'Error') => ({ terminated: { exitCode, reason } });

test.each([
  { name: 'running', of: container({ running: {} }), code: undefined, final: undefined },
  { name: 'still pulling', of: container(waiting('ContainerCreating')), code: undefined, final: undefined },
  {
    name: 'a pull that may pass',
    of: container(waiting('ErrImagePull', 'connection reset by peer')),
    code: 'IMAGE_PULL',
    final: false,
  },
  {
    name: 'an image that is not there',
    of: container(waiting('ErrImagePull', 'v9: not found')),
    code: 'IMAGE_PULL',
    final: true,
  },
  { name: 'a pull that failed again', of: container(waiting('ImagePullBackOff')), code: 'IMAGE_PULL', final: true },
  {
    name: 'a missing Secret',
    of: container(waiting('CreateContainerConfigError', 'secret "x" not found')),
    code: 'CONTAINER_CONFIG',
    final: true,
  },
  {
    name: 'a node that is late',
    of: container(
      waiting('CreateContainerConfigError', 'failed to sync configmap cache: timed out waiting for the condition'),
    ),
    code: 'CONTAINER_CONFIG',
    final: false,
  },
  {
    name: 'crash loop',
    of: container(waiting('CrashLoopBackOff'), { restartCount: 1, lastState: ended(3) }),
    code: 'CRASH_LOOP',
    final: true,
  },
  {
    name: 'one crash',
    of: container({ running: {} }, { restartCount: 1, lastState: ended(3) }),
    code: 'RESTARTED',
    final: false,
  },
  {
    name: 'two crashes',
    of: container({ running: {} }, { restartCount: 2, lastState: ended(3) }),
    code: 'CRASH_LOOP',
    final: true,
  },
  {
    name: 'a clean end',
    of: container({ running: {} }, { restartCount: 1, lastState: ended(0, 'Completed') }),
    code: undefined,
    final: undefined,
  },
  {
    name: 'out of memory',
    of: container({ running: {} }, { restartCount: 1, lastState: ended(137, 'OOMKilled') }),
    code: 'OOM_KILLED',
    final: true,
  },
  {
    name: 'an init container',
    of: pod({ initContainerStatuses: [{ name: 'init', state: waiting('CrashLoopBackOff') }] }),
    code: 'CRASH_LOOP',
    final: true,
  },
  { name: 'evicted', of: pod({ phase: 'Failed', reason: 'Evicted' }), code: 'POD_FAILED', final: true },
  {
    name: 'no node',
    of: pod({ conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes' }] }),
    code: 'UNSCHEDULABLE',
    final: false,
  },
])('$name', ({ of, code, final }) => {
  expect([troubleOf(of)?.code, troubleOf(of)?.final]).toEqual([code, final]);
});

test('a pod that is being deleted is not ready, whatever its condition says', () => {
  const conditions = [{ type: 'Ready', status: 'True' }];
  expect(viewPod(pod({ conditions })).ready).toBe(true);
  expect(viewPod(pod({ conditions }, { deletionTimestamp: '2026-01-01T00:00:00Z' })).ready).toBe(false);
});

const digest = `sha256:${'a'.repeat(64)}`;
test.each([
  [`docker-pullable://r.example/hello@${digest}`, digest],
  [`r.example/hello@${digest}`, digest],
  [digest, digest],
  ['r.example/hello:v1', ''],
  ['', ''],
])('digest of %s', (imageID, expected) => expect(imageDigest(imageID)).toBe(expected));
