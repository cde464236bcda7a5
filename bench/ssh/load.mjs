import { Agent, get } from 'node:http';

/**
 * Asks for a URL every `period` milliseconds, whatever became of the request before: each over a connection of its own, or
 * `kept`, over those that are open. `end()` waits for what is on its way, and resolves with { answers, failed, slowest }:
 * the times of the answers (200) and the longest wait for one, milliseconds, and how many requests failed.
 */
export function startLoad(url, { period, kept = false }) {
  const agent = kept ? new Agent({ keepAlive: true }) : false;
  const answers = [];
  let [failed, slowest, open] = [0, 0, 0];
  const ask = () => {
    const began = performance.now();
    open++;
    let code = 0;
    const request = get(url, { agent, timeout: 10_000 }, response => {
      response.resume();
      response.on('end', () => {
        code = response.statusCode;
      });
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => {});
    request.on('close', () => {
      open--;
      if (code !== 200) return failed++;
      answers.push(performance.now());
      slowest = Math.max(slowest, performance.now() - began);
    });
  };
  const timer = setInterval(ask, period);
  return {
    async end() {
      clearInterval(timer);
      while (open > 0) await new Promise(resolve => setTimeout(resolve, 10));
      if (kept) agent.destroy();
      return { answers, failed, slowest };
    },
  };
}
