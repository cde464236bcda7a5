import { measure, row } from '../lib/measure.mjs';
import { countGoCalls } from './calls.mjs';
import { handContender, oursContender } from './contenders.mjs';
import { targets } from './targets.mjs';

/**
 * What we cost over the go command: ten targets of which nothing has changed (each is linked again, as in every job with
 * a fresh checkout), against the same calls of `go build`, as many at once, with the same -p and GOGC. Then what a step costs
 * that only sets Go up, and how often go is started.
 */
export async function overhead({ stage, rounds, short, setupGo, progress }) {
  const wanted = targets.slice(0, short ? 1 : 10);
  const cache = stage.warmCache;
  const calls = await countGoCalls(stage, { targets: wanted.join('\n') }, cache);
  const setups = await countGoCalls(stage, { mode: 'setup' }, cache);
  progress(`go is started for: ${calls.all.join(', ')}`);
  const seconds = ({ name, run }) => ({ name, run: async () => (await run(cache)).seconds });
  const ours = seconds(oursContender(stage, wanted));
  const direct = seconds(handContender(stage, wanted, calls.atOnce, calls));
  const oursSetup = {
    name: 'setup-go-cross, mode setup',
    run: async () => (await stage.ours({ mode: 'setup', cache: 'false' }, { env: stage.env({ cache }) })).seconds,
  };
  const peerSetup = { name: setupGo.name, run: () => setupGo.setUpOnly(stage.env({ cache })) };
  const samples = await measure([ours, direct, oursSetup, peerSetup], rounds, {
    warmUp: !short,
    rotate: true,
    progress,
  });
  const [counted, one] = [{ ours: [calls.env], setup: [setups.all.length] }, [1]];
  return {
    rows: [
      row(
        {
          name: `${wanted.length} targets, nothing changed, against the same go build`,
          ours: ours.name,
          peer: direct.name,
          goal: { more: 1 },
        },
        samples,
      ),
      row(
        {
          name: 'tool cache to PATH (mode setup), against setup-go',
          ours: oursSetup.name,
          peer: peerSetup.name,
          goal: { most: 1 },
        },
        samples,
      ),
      row(
        { name: '`go env` in a build', ours: 'ours', peer: 'one', unit: 'calls', goal: { most: 1 } },
        { ...counted, one },
      ),
      row(
        { name: 'go started in mode setup', ours: 'setup', peer: 'one', unit: 'calls', goal: { most: 1 } },
        { ...counted, one },
      ),
    ],
    samples: { ...samples, calls },
  };
}
