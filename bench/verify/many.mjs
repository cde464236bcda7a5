import { createServer } from 'node:http';
import { measure, row } from '../lib/measure.mjs';

/** A thousand endpoints whose answers take 0 to 2 s, all at once, against one xargs of curls and the slowest answer. */
export async function many({ runner, curl, rounds, short, progress }) {
  const [endpoints, slowest] = short ? [20, 200] : [1000, 2000];
  const server = createServer((request, response) => {
    const delay = (Number(request.url.slice(1)) / (endpoints - 1)) * slowest;
    setTimeout(() => response.end('ok'), delay);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', 4096, resolve));
  const urls = Array.from({ length: endpoints }, (_, at) => `http://127.0.0.1:${server.address().port}/${at}`);
  const memory = [];
  const ours = {
    name: 'verify-health',
    run: async () => {
      const { seconds, peak } = await runner.verify({ checks: urls.join('\n'), successes: '1' });
      memory.push(peak);
      return seconds;
    },
  };
  const all = ['--parallel', '--parallel-immediate', '--parallel-max', '300', '--silent', '--show-error', '--fail'];
  const theirs = {
    name: 'curl --parallel',
    run: async () =>
      (await runner.command([curl, ...all, ...urls.flatMap(url => ['--output', '/dev/null', url])])).seconds,
  };
  try {
    const samples = await measure([ours, theirs], rounds, { progress });
    const peaks = { 'verify-health': memory.slice(-rounds), limit: Array(rounds).fill(200) };
    const seconds = slowest / 1000;
    return {
      rows: [
        row(
          {
            name: `${endpoints} endpoints, the slowest after ${seconds} s, with start, against curl --parallel`,
            ours: ours.name,
            peer: theirs.name,
            goal: { most: seconds * 1.2 },
          },
          samples,
        ),
        row(
          {
            name: 'memory for them, against the limit',
            ours: 'verify-health',
            peer: 'limit',
            unit: 'MB',
            goal: { most: 200 },
          },
          peaks,
        ),
      ],
      samples: { ...samples, memory: peaks['verify-health'] },
      versions: {},
    };
  } finally {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
}
