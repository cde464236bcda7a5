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
const host = await import('./lab/host.mjs');
/** The tree of the emulated host is minutes of one core. */
async function emulated() {
  await host.ensureTree({ name: 'host43', progress });
  await host.down({ name: 'host43' });
}
async function others() {
  await ensurePeers({ progress });
  for (const kind of ['registry', 'host', 'cluster']) await (await import(`./lab/${kind}.mjs`)).up({ progress });
}
try {
  progress(`go: ${await ensureGo()}`);
  const done = await Promise.allSettled([emulated(), others()]);
  for (const { reason } of done.filter(one => one.status === 'rejected')) {
    console.error(reason.message);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await end();
}
