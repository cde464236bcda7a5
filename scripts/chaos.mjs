// npm run chaos -- NAME [JEST ARGUMENTS]: the campaigns that take too long for every run: each fault at each step, and
// races many times over. `npm test` has a short form of each.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.mjs';

const campaigns = { ssh: 'deploy-ssh-systemd-(steps|agent)', canary: 'deploy-k8s-canary-(kills|proxy)' };
const [name, ...more] = process.argv.slice(2);
if (!(name in campaigns)) {
  console.error(`usage: npm run chaos -- NAME [JEST ARGUMENTS]; names: ${Object.keys(campaigns).join(', ')}`);
  process.exit(2);
}
const argv = [join(root, 'scripts/test.mjs'), 'integration', '--testPathPatterns', campaigns[name], ...more];
const env = { ...process.env, SLIPWAY_CHAOS: '1' };
spawn(process.execPath, argv, { stdio: 'inherit', env }).once('close', code => (process.exitCode = code ?? 1));
