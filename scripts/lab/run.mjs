// Runs one command to its end. Commands are argv arrays; no shell.
import { spawn } from 'node:child_process';

/**
 * Runs argv and resolves with { code, signal, stdout, stderr }; never rejects for a failing command.
 * `input` goes to standard input, `timeout` is in milliseconds (then SIGKILL), `stdio: 'inherit'` shows its output live.
 */
export function capture([command, ...args], { input, env, cwd, timeout = 120_000, stdio = 'pipe' } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      cwd,
      timeout,
      killSignal: 'SIGKILL',
      stdio: [input === undefined ? 'ignore' : 'pipe', stdio, stdio],
    });
    const out = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name]?.setEncoding('utf8').on('data', text => {
        out[name] += text;
      });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...out }));
    // A command that does not read its input is judged by its exit code, not by EPIPE.
    child.stdin?.on('error', () => {}).end(input);
  });
}

/** Runs argv and resolves with its standard output; throws with command, status and the end of its output. */
export async function run(argv, options) {
  const result = await capture(argv, options);
  if (result.code === 0) return result.stdout;
  const status = result.signal ? `ended by ${result.signal}` : `exit code ${result.code}`;
  const tail = `${result.stderr.trim() || result.stdout.trim()}`.split('\n').slice(-15).join('\n');
  throw new Error(`running ${argv.join(' ')}: ${status}${tail ? `\n${tail}` : ''}`);
}
