import { readFileSync } from 'node:fs';
import { measure, row } from '../lib/measure.mjs';
import { startLoad } from './load.mjs';

/** Milliseconds between two requests, each over a connection of its own. */
const period = 5;

/** The downtime that we say of a restarted Type=notify service, against what somebody saw who asked all the time. */
export async function downtime({ stage, rounds, short, progress }) {
  const host = await stage.host('host101');
  const said = [];
  const restart = {
    name: 'seen',
    run: async () => {
      const load = startLoad(`http://${host.near.address}:8080/version`, { period });
      const { outputs } = await stage.deploy([host], { binary: stage.program(8), listen: '8080' });
      await new Promise(resolve => setTimeout(resolve, 200));
      const record = JSON.parse(readFileSync(outputs.release, 'utf8'));
      const { downtimeMs = 0.001 } = record.deployments.at(-1).evidence; // none before the first
      said.push(downtimeMs);
      return longestGap((await load.end()).answers) || 0.001;
    },
  };
  const { seen } = await measure([restart], rounds + (short ? 1 : 0), { warmUp: !short, progress });
  const last = list => list.slice(-rounds);
  const samples = { said: last(said), seen: last(seen) };
  samples.difference = samples.said.map((value, round) => Math.abs(value - samples.seen[round]));
  return {
    rows: [
      row(
        { name: 'downtime of a restart: said, against seen by a load', ours: 'said', peer: 'seen', unit: 'ms' },
        samples,
      ),
      row({ name: 'the difference', ours: 'difference', peer: 'seen', unit: 'ms', goal: { most: 100 } }, samples),
    ],
    samples,
    versions: {},
  };
}

/** The longest time in milliseconds between an answer and the next, less what lies between two requests. */
function longestGap(answers) {
  const gaps = answers.slice(1).map((at, index) => at - answers[index] - period);
  return Math.max(0, ...gaps);
}
