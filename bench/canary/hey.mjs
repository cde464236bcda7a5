// Users: hey, at a steady rate.
import { spawn } from 'node:child_process';

const clients = 20;

/**
 * Asks for a URL `rps` times a second until `end()`, which gives { requests, bad, what }: how many answers were no 200 or never came,
 * and what they were. `kept`: over connections that are used again.
 */
export function startHey(hey, url, { rps, host, kept = false }) {
  const args = ['-z', '15m', '-c', String(clients), '-q', String(rps / clients), '-t', '10'];
  if (host !== undefined) args.push('-host', host);
  if (!kept) args.push('-disable-keepalive');
  const child = spawn(hey, [...args, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  let report = '';
  child.stdout.setEncoding('utf8').on('data', text => (report += text));
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  return {
    async end() {
      child.kill('SIGINT');
      await ended;
      return counted(report);
    },
  };
}

/** Of hey's report: `[200]	123 responses`, and below "Error distribution:" `[4]	Get "http://…": EOF`. */
export function counted(report) {
  const [answers, errors = ''] = report.split('Error distribution:');
  const statuses = [...answers.matchAll(/^\s+\[(\d{3})\]\s+(\d+) responses$/gm)].map(([, status, count]) => [
    status,
    Number(count),
  ]);
  const failures = [...errors.matchAll(/^\s+\[(\d+)\]\s+(.+)$/gm)].map(([, count, what]) => [what, Number(count)]);
  const bad = [...statuses.filter(([status]) => status !== '200'), ...failures];
  const sum = list => list.reduce((all, [, count]) => all + count, 0);
  const requests = sum([...statuses, ...failures]);
  if (requests === 0) throw new Error(`hey says nothing of its requests:\n${report.slice(-1000)}`);
  return { requests, bad: sum(bad), what: Object.fromEntries(bad) };
}
