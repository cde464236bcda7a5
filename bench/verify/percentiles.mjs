import { createServer } from 'node:http';
import { peer } from '../../scripts/lab/peers.mjs';
import { measure, row } from '../lib/measure.mjs';

/** How far the reported percentiles are from those of the server's own delays, in parts of what is allowed: 5 % or 2 ms. */
export async function percentiles({ runner, rounds, short, progress }) {
  const hey = await peer('hey', { progress });
  const rates = short ? [200] : [100, 1000];
  const results = { rows: [], samples: {} };
  for (const rate of rates) {
    const seconds = short ? 1 : 5;
    const asking = use => async () => {
      await using server = await delayingServer();
      const reported = await use(server.url);
      const real = server.delays.sort((a, b) => a - b);
      const worst = Object.entries(reported).map(([share, ms]) => {
        const true_ = real[Math.ceil(Number(share) * real.length) - 1];
        return Math.abs(ms - true_) / Math.max(2, true_ * 0.05);
      });
      return Math.max(0.001, ...worst);
    };
    const [ours, theirs] = [`verify-health ${rate}/s`, `hey ${rate}/s`];
    const contenders = [
      {
        name: ours,
        run: asking(async url => {
          const { report } = await runner.verify({ checks: `${url} load "${rate}/s for ${seconds}s"`, successes: '1' });
          const { p50, p95, p99 } = report.findings[0].latency;
          return { 0.5: p50, 0.95: p95, 0.99: p99 };
        }),
      },
      {
        name: theirs,
        run: asking(async url => {
          const workers = Math.max(10, rate / 10);
          const argv = [hey, '-z', `${seconds}s`, '-c', String(workers), '-q', String(rate / workers), url];
          const { log } = await runner.command(argv);
          const at = percent => Number(new RegExp(`${percent}%+ in ([\\d.]+) secs`).exec(log)?.[1]) * 1000;
          return { 0.5: at(50), 0.95: at(95), 0.99: at(99) };
        }),
      },
    ];
    const samples = await measure(contenders, rounds, { warmUp: false, progress });
    const name = `error of p50, p95 and p99 at ${rate} requests/s, in parts of 5 % or 2 ms, against hey`;
    results.rows.push(row({ name, ours, peer: theirs, unit: 'parts', goal: { most: 1 } }, samples));
    Object.assign(results.samples, samples);
  }
  return { ...results, versions: { hey: '0.1.5' } };
}

/** Answers after 10 to 60 ms, a few after up to 160; the same row of delays each time. Notes how long it really took. */
async function delayingServer() {
  let seed = 42;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const delays = [];
  const server = createServer((_, response) => {
    const began = performance.now();
    setTimeout(
      () => {
        delays.push(performance.now() - began);
        response.end('ok');
      },
      10 + random() * 50 + (random() < 0.03 ? 100 : 0),
    );
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', 4096, resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    delays,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
