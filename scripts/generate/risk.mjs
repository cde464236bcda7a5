// What `strategy: auto` counts, and what that chooses, as tables of a page.
import { clusterStrategies, hostStrategies } from '../../src/core/risk/choose.ts';
import { levels, weights } from '../../src/core/risk/weights.ts';
import { table } from './tables.mjs';

export function weightsTable() {
  const rows = Object.values(weights).map(({ what, steps, unknown }) => [
    what,
    steps.map(([from, points]) => (steps.length === 1 ? `${points}` : `${points} from ${from} on`)).join(', '),
    unknown,
  ]);
  return table(['Seen', 'Points', 'Not known'], rows);
}

export function choiceTable() {
  const rows = Object.entries(levels).map(([level, from]) => {
    const [host, cluster] = [hostStrategies[level], clusterStrategies[level]];
    const soak = host.soak === 1 ? '' : `, \`soak-time\` × ${host.soak}`;
    const steps = cluster.steps.length === 0 ? '' : `, steps ${cluster.steps.join(', ')}`;
    return [level, from, `\`${host.strategy}\`${soak}`, `\`${cluster.strategy}\`${steps}`];
  });
  return table(['Risk', 'From points', 'deploy-ssh-systemd', 'deploy-k8s-canary'], rows);
}
