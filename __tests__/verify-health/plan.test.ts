import { describe, expect, test } from '@jest/globals';
import type { SlipwayError } from '../../src/core/errors.ts';
import { readInputs, variableOf } from '../../src/core/inputs.ts';
import { definition } from '../../src/verify-health/inputs.ts';
import { plan } from '../../src/verify-health/plan.ts';
import { inCluster, onHost, release } from './record.ts';

const inputs = (given: Record<string, string>) =>
  readInputs(
    definition.inputs,
    Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value])),
  );
const problem = (run: () => unknown): SlipwayError => {
  try {
    run();
  } catch (error) {
    return error as SlipwayError;
  }
  throw new Error('nothing was thrown');
};
const url = 'http://host/healthz';
const compared = '[{"prometheus": "http://p", "errors": "e[$window]", "total": "t[$window]", "compare": "10m"}]';

describe('plan', () => {
  test.each([
    ['deployments are proven by default', {}, release(onHost(), inCluster()), 'proven', 2],
    ['identity left out', { checks: url, identity: 'none' }, release(onHost()), 'none', 0],
    ['reported when only that is there', { reported: url }, release(), 'reported', 0],
    ['reported besides the proof', { reported: url }, release(onHost()), 'proven', 1],
    [
      'objectives alone',
      { objectives: compared.replace('compare', 'target').replace('10m', '99%') },
      undefined,
      'none',
      0,
    ],
    ['each pod besides the proof', { reported: 'pods:8080/version $.v' }, release(inCluster()), 'proven', 1],
    ['endpoints alone', { checks: url }, undefined, 'none', 0],
    ['waiting proves nothing', { checks: url, mode: 'wait' }, release(onHost()), 'none', 0],
  ])('%s', (_, given, record, identity, places) => {
    const planned = plan(inputs(given as Record<string, string>), record);
    expect(planned.asked.identity).toBe(identity);
    expect(planned.deployments).toHaveLength(places);
  });

  test.each([
    ['nothing to look at', {}, undefined, 'input "checks" is missing'],
    ['proof of nothing', { identity: 'proven', checks: url }, release(), 'no deployment is recorded'],
    ['a report from nowhere', { identity: 'reported', checks: url }, release(), 'names no URL'],
    ['a report of nothing', { reported: url }, undefined, 'neither a record nor a git repository'],
    ['a hold that does not fit', { checks: url, hold: '2m' }, undefined, 'input "hold"'],
    ['an audit of nothing', { checks: url, mode: 'audit' }, release(), 'mode: audit needs a record with deployments'],
    ['a watch of nothing', { mode: 'watch' }, release(onHost()), 'mode: watch needs checks'],
    ['pods of no cluster', { reported: 'pods:80/v' }, release(onHost()), 'no deployment to Kubernetes is recorded'],
    ['pods without a path', { reported: 'pods:80' }, release(inCluster()), 'it is not pods:PORT/PATH'],
    ['before and after nothing', { checks: url, objectives: compared }, release(), 'compares before and after'],
    [
      'objectives while waiting',
      { checks: url, objectives: compared, mode: 'wait' },
      undefined,
      'looks at checks only',
    ],
    ['waiting for identity', { checks: url, mode: 'wait', identity: 'proven' }, undefined, 'looks at checks only'],
  ])('%s is an error', (_, given, record, words) => {
    const error = problem(() => plan(inputs(given as Record<string, string>), record));
    expect(error.code).toBe('INPUT_INVALID');
    expect(error.message).toContain(words);
    expect(error.hint).toContain('Nothing was changed');
  });

  test('an error about checks does not tell a password', () => {
    const error = problem(() =>
      inputs({ checks: '- url: https://me:hidden1@host\n  headers: {Authorization: Bearer hidden2}\n  staus: 1' }),
    );
    expect(error.message).toContain('did you mean "status"');
    expect(error.message).not.toMatch(/hidden/);
  });
});
