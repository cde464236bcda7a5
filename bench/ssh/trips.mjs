import { measure, row } from '../lib/measure.mjs';

/** Round trips of a deployment whose program is on the host already: what is left is the conversation. */
export async function trips({ stage, rounds, short, progress }) {
  const host = await stage.host('host101');
  const binary = stage.program(short ? 8 : 20);
  await stage.deploy([host], { binary });
  let edition = 0;
  const counted = more => async () => {
    host.far.turns();
    await stage.deploy([host], { binary, environment: `EDITION=${++edition}`, ...more });
    return host.far.turns();
  };
  const http = { listen: '8080', 'health-checks': 'http://127.0.0.1:8080/readyz 200' };
  const contenders = [
    { name: 'notify', run: counted({}) },
    { name: 'http', run: counted(http) },
    {
      // exactly what the one before it has deployed
      name: 'again',
      run: async () => {
        host.far.turns();
        const done = await stage.deploy([host], { binary, environment: `EDITION=${edition}`, ...http });
        if (done.outputs.state !== 'unchanged') throw new Error(`it is ${done.outputs.state}`);
        return host.far.turns();
      },
    },
  ];
  const samples = await measure(contenders, rounds, { warmUp: !short, progress });
  const of = (name, ours) => row({ name, ours, peer: 'again', unit: 'trips', goal: { most: 13 } }, samples);
  return {
    rows: [
      of('round trips of a deploy, against one that has nothing to do', 'notify'),
      // its stream beside the conversation is one more, and may fall between two others
      of('the same with an HTTP check from the host itself', 'http'),
    ],
    samples,
    versions: {},
  };
}
