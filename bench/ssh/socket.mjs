import { row } from '../lib/measure.mjs';
import { startLoad } from './load.mjs';

/** Milliseconds between two requests of a load. */
const period = 5;

/** Requests that fail while releases follow one another, with a socket of systemd's and without one. */
export async function socket({ stage, short, progress }) {
  const deploys = short ? 2 : 20;
  const host = await stage.host('host101');
  const url = `http://${host.near.address}:8080/version`;
  const binary = stage.program(8);
  let edition = 0;
  const samples = {};
  for (const method of ['socket', 'restart']) {
    const deploy = async () => {
      const inputs = { binary, listen: '8080', 'restart-method': method, environment: `EDITION=${++edition}` };
      const { outputs } = await stage.deploy([host], inputs);
      if (outputs.state !== 'healthy') throw new Error(`it is ${outputs.state}`);
    };
    await deploy(); // the listener changes hands
    const loads = { fresh: startLoad(url, { period }), kept: startLoad(url, { period, kept: true }) };
    for (let count = 0; count < deploys; count++) await deploy();
    for (const [name, load] of Object.entries(loads)) {
      const { answers, failed, slowest } = await load.end();
      progress(`${method}, ${name} connections: ${failed} of ${answers.length + failed} failed`);
      if (answers.length < deploys * 100) throw new Error(`${url} was answered ${answers.length} times only`);
      Object.assign(samples, { [`${method} ${name}`]: [failed], [`${method} ${name} slowest`]: [slowest] });
    }
  }
  const against = (name, of, more) => row({ name, ours: `socket ${of}`, peer: `restart ${of}`, ...more }, samples);
  return {
    rows: [
      against(
        `failed over ${deploys} deploys with a socket, each request a connection of its own, against without a socket`,
        'fresh',
        {
          unit: 'requests',
          goal: { most: 0 },
        },
      ),
      against('the same over kept connections', 'kept', { unit: 'requests' }),
      against('the longest wait for an answer, connections of their own', 'fresh slowest', { unit: 'ms' }),
    ],
    samples,
    versions: {},
  };
}
