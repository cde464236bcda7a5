// A runner as small as can be: each action in a process of its own, with the environment that a real runner gives it.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAction } from '../../src/release/start.ts';
import { cacheRoot, goBuildDir } from '../lab/paths.mjs';
import { root } from '../root.mjs';
import { createMask } from './mask.mjs';

const dist = join(root, 'dist');
const quietFor = 10_000;

/** Resolves with { steps, run(), cancel() }; logs go to FOLDER/logs, job summaries to FOLDER/summary.md. */
export function openRunner(folder) {
  const logs = join(folder, 'logs');
  for (const path of [logs, join(folder, 'temp')]) mkdirSync(path, { recursive: true });
  const env = environment(folder);
  const steps = [];
  const controller = new AbortController();
  return {
    steps,
    cancel: () => controller.abort(),
    /** Runs dist/ACTION; `expected` is the exit code it must have, else its log is shown. */
    async run(title, action, inputs, expected) {
      if (controller.signal.aborted) throw new Error('cancelled');
      const log = join(logs, `${String(steps.length + 1).padStart(2, '0')}-${action}.log`);
      let text = '';
      const progress = setInterval(() => console.log(`    … ${lastLine(text)}`), quietFor);
      const mask = createMask();
      const onOutput = chunk => {
        const shown = mask(chunk);
        text += shown;
        appendFileSync(log, shown);
      };
      const done = await startAction(action, {
        dist,
        inputs: given(inputs),
        env,
        signal: controller.signal,
        onOutput,
      }).finally(() => clearInterval(progress));
      const asExpected = done.code === expected;
      steps.push({ title, seconds: (done.ended - done.started) / 1000, result: resultOf(done, expected) });
      console.log(`  ${asExpected ? '✓' : '✗'} ${title} (${((done.ended - done.started) / 1000).toFixed(1)} s)`);
      if (!asExpected)
        console.log(
          `${text
            .trimEnd()
            .split('\n')
            .slice(-25)
            .map(line => `    ${line}`)
            .join('\n')}\n    the whole log: ${log}`,
        );
      return done;
    },
  };
}

const given = inputs =>
  Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== undefined && value !== ''));

function resultOf({ code, outputs }, expected) {
  const said =
    outputs.verdict ?? outputs.state ?? (outputs.digest ? outputs.digest.slice(0, 19) : (outputs['go-version'] ?? ''));
  if (code !== expected) return `failed ${said}`.trim();
  return expected === 0 ? said || 'done' : `${said || 'failed'}, as it had to`;
}

function lastLine(text) {
  return (
    text
      .trimEnd()
      .split('\n')
      .filter(line => !line.startsWith('::'))
      .at(-1)
      ?.slice(0, 160) || 'started'
  );
}

/** Only what a runner gives: our own inputs, secrets and settings of an outer runner do not leak in. */
function environment(folder) {
  const file = name => {
    writeFileSync(join(folder, name), '');
    return join(folder, name);
  };
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^(GITHUB|RUNNER|ACTIONS|INPUT|STATE|npm)_/.test(key)),
  );
  return {
    ...own,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: folder,
    GITHUB_STEP_SUMMARY: file('summary.md'),
    GITHUB_ENV: file('env'),
    GITHUB_PATH: file('path'),
    RUNNER_OS: { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }[process.platform],
    RUNNER_ARCH: { x64: 'X64', arm64: 'ARM64', arm: 'ARM' }[process.arch],
    RUNNER_TEMP: join(folder, 'temp'),
    RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'),
    GOCACHE: goBuildDir(),
    GOMODCACHE: join(cacheRoot(), 'go-mod'),
  };
}
