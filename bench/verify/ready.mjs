import { createServer } from 'node:http';
import { measure, row } from '../lib/measure.mjs';

/** Milliseconds from when a service listens until it is first asked, by one who waits for it already. */
export async function ready({ runner, curl, waitOn, rounds, short, progress }) {
  const wait = short ? 800 : 2500;
  const noticing = start => async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    let asked;
    const server = createServer((_, response) => {
      asked ??= performance.now();
      response.end('ok');
    });
    const waiting = start(url);
    // Not in step with anybody's period.
    await new Promise(resolve => setTimeout(resolve, wait + Math.random() * 1000));
    await new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
    const listening = performance.now();
    try {
      await waiting;
      return Math.max(0.01, asked - listening);
    } finally {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    }
  };
  const loop = 'until "$1" -sf -o /dev/null "$2"; do sleep 1; done';
  const contenders = [
    { name: 'verify-health', run: noticing(url => runner.verify({ checks: url, mode: 'wait', successes: '1' })) },
    {
      name: 'wait-on',
      run: noticing(url => runner.command([process.execPath, waitOn, url.replace('http:', 'http-get:')])),
    },
    { name: 'curl loop', run: noticing(url => runner.command(['sh', '-c', loop, 'sh', curl, url])) },
  ];
  const samples = await measure(contenders, rounds * 3, { progress });
  // Delays are spread evenly over a period: what is compared are means, and a round's ratio says nothing.
  const means = Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, [mean(all)]]));
  const against = peer =>
    row(
      {
        name: `a service that becomes ready is noticed, against ${peer}`,
        ours: 'verify-health',
        peer,
        unit: 'ms',
        goal: { ratio: 0.3 },
      },
      means,
    );
  return { rows: [against('wait-on'), against('curl loop')], samples, versions: {} };
}

/** A port that was just free. */
async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

function mean(samples) {
  return samples.reduce((sum, one) => sum + one, 0) / samples.length;
}
