import { describe, expect, test } from '@jest/globals';
import { parseWorkload } from '../../../src/core/kubernetes/index.ts';

describe('the workload that is rolled out', () => {
  test.each(['deployment/hello', 'deploy/hello', 'Deployments.apps/hello', 'hello'])('%s', text => {
    expect(parseWorkload(text)).toEqual({ kind: 'Deployment', name: 'hello' });
  });

  test.each([
    ['statefulset/db', 'StatefulSet'],
    ['sts/db', 'StatefulSet'],
    ['DaemonSets.apps/db', 'DaemonSet'],
  ])('%s', (text, kind) => {
    expect(parseWorkload(text)).toEqual({ kind, name: 'db' });
  });

  test.each([
    ['jobs.batch/migrate', 'Job/migrate is not rolled out', 'a step of its own'],
    ['cronjob/report', 'CronJob/report is not rolled out', 'a step of its own'],
    ['replicaset/hello-7d4', 'ReplicaSet/hello-7d4 is not rolled out', 'the Deployment that owns it'],
  ])('%s: it is said why not, and what to do instead', (text, message, hint) => {
    expect(() => parseWorkload(text)).toThrow(
      expect.objectContaining({
        code: 'WORKLOAD_KIND',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test.each(['', 'deployment/', 'deployment/a/b', 'service/hello', 'Hello World'])('"%s" is none', text => {
    expect(() => parseWorkload(text)).toThrow(expect.objectContaining({ code: 'WORKLOAD_INVALID' }));
  });
});
