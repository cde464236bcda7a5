// The most memory that a process had (resident, in MB of 10^6 bytes), as the kernel keeps it for each.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * For NODE_OPTIONS: the process says its own at its end, which `saidPeak` finds in its output. Not by getrusage: that begins
 * with what the process that started it had.
 */
export const sayPeak = `--import=data:text/javascript,${encodeURIComponent(
  "import { readFileSync } from 'node:fs'; process.on('exit', () => console.log('peak: ' + /^VmHWM:\\s*(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1] + ' kB'));",
)}`;

export function saidPeak(log) {
  const [, kilobytes] = /^peak: (\d+) kB$/m.exec(log) ?? [];
  if (kilobytes === undefined) throw new Error('the process did not say how much memory it had');
  return (Number(kilobytes) * 1024) / 1e6;
}

/** Runs a command and reads its peak every few milliseconds, which only grows. Throws when it fails. */
export async function peakOf([program, ...args], options = {}) {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let [peak, said] = [0, ''];
  child.stderr.setEncoding('utf8').on('data', text => (said += text));
  const look = () => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 5);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${code}\n${said.trim().slice(-1000)}`);
  return (peak * 1024) / 1e6;
}
