// Before CI's tests: makes sure that every component and every third-party program can be had on this machine.
import { ensureDependencies } from './dependencies.mjs';
import { reexecUnderNode24 } from './node24.mjs';

await reexecUnderNode24(import.meta.url);
ensureDependencies();

const { ensureGo } = await import('./lab/go.mjs');
const { labGuard } = await import('./lab/guard.mjs');
const { goBuildDir } = await import('./lab/paths.mjs');
const { ensurePeers } = await import('./lab/peers.mjs');
process.env.GOCACHE ||= goBuildDir();
const progress = line => console.log(`  ${line}`);

const end = await labGuard();
try {
  progress(`go: ${await ensureGo()}`);
  await ensurePeers({ progress });
  const host = await import('./lab/host.mjs');
  await host.ensureTree({ name: 'host43', progress });
  await host.down({ name: 'host43' });
  for (const kind of ['registry', 'host', 'cluster']) await (await import(`./lab/${kind}.mjs`)).up({ progress });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await end();
}
