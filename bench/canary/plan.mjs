import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { measure, row } from '../lib/measure.mjs';
import { objects, yaml } from './objects.mjs';
import { makeCanaryStage } from './stage.mjs';

/**
 * A plan of many objects, all of which are in the cluster and half of which would change, with start; the memory of the process;
 * and how large the bundle is that a job downloads. The peer is kubectl, which asks the API server the same question.
 */
export async function plan({ dist, rounds, short, progress }) {
  const stage = await makeCanaryStage({ dist, namespace: 'slipway-bench-plan', progress });
  const count = short ? 50 : 500;
  try {
    const { v1, v2 } = await stage.images({ v1: ['v1'], v2: ['v2'] });
    await stage.fresh();
    const apply = ['apply', '--server-side', '--field-manager=slipway', '-f', '-'];
    await stage.kubectl(apply, yaml(objects(count, v1, 'now')));
    await stage.kubectl(['rollout', 'status', 'deployment/app', '--timeout=60s']);
    const wanted = yaml(objects(count, v2, 'then'));
    const memory = [];
    const inputs = {
      mode: 'plan',
      manifests: '*.yaml',
      workload: 'app',
      image: v2,
      probes: 'http://app.test/ 200',
      'insecure-registries': stage.lab.registry.host,
    };
    const ours = {
      name: 'ours',
      run: async () => {
        const { code, seconds, peak, log } = await stage.act(inputs, { 'all.yaml': wanted });
        const changed = log.match(/^ {2}change /gm)?.length;
        if (code !== 0 || changed !== count / 2)
          throw new Error(`code ${code}, ${changed} would change:\n${log.slice(-2000)}`);
        memory.push(peak);
        return seconds;
      },
    };
    const diff = {
      name: 'kubectl',
      run: async () => {
        const began = performance.now();
        await stage.kubectl([...apply, '--dry-run=server'], wanted);
        return (performance.now() - began) / 1000;
      },
    };
    const samples = await measure([ours, diff], rounds, { progress });
    samples.memory = memory.slice(-rounds);
    samples.bundle = Array(rounds).fill(sizeOf(join(dist, 'deploy-k8s-canary')) / 1e6);
    const limited = (name, what, unit, most) =>
      row({ name, ours: what, peer: 'limit', unit, goal: { most } }, { ...samples, limit: Array(rounds).fill(most) });
    return {
      rows: [
        row(
          {
            name: `a plan of ${count} objects, with start, against kubectl apply --dry-run=server`,
            ours: 'ours',
            peer: 'kubectl',
            unit: 's',
            goal: { most: 5 },
          },
          samples,
        ),
        limited('memory for it, against the limit', 'memory', 'MB', 150),
        limited('size of dist/deploy-k8s-canary, against the limit', 'bundle', 'MB', 6),
      ],
      samples,
      versions: await stage.versions(),
    };
  } finally {
    await stage.end();
  }
}

function sizeOf(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
