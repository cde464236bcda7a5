// Many `go build` at once, each with a checkout and a commit of its own.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

let commits = 0;

/**
 * Starts them all at once and waits for all.
 * @returns {Promise<{ mean: number, last: number, failures: string[] }>} seconds from the start to the end of a build
 */
export async function buildMany({ go, service, folder, count, env }) {
  const checkouts = Array.from({ length: count }, (_, index) => join(folder, `builder-${index}`));
  for (const checkout of checkouts) {
    cpSync(service, checkout, { recursive: true });
    const file = join(checkout, 'main.go');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('revision = "0"', `revision = "${Date.now()}-${++commits}"`),
    );
    mkdirSync(join(checkout, 'tmp'), { recursive: true });
  }
  const began = performance.now();
  const ends = await Promise.all(checkouts.map(checkout => buildOne(go, checkout, env, began)));
  for (const checkout of checkouts) rmSync(checkout, { recursive: true, force: true });
  const good = ends.filter(({ error }) => error === undefined).map(({ took }) => took);
  return {
    mean: good.reduce((sum, took) => sum + took, 0) / good.length,
    last: Math.max(...good),
    failures: ends.flatMap(({ error }) => (error === undefined ? [] : [error])),
  };
}

function buildOne(go, checkout, env, began) {
  return new Promise(resolve => {
    const child = spawn(go, ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', 'program', '.'], {
      cwd: checkout,
      env: { ...env, GOTMPDIR: join(checkout, 'tmp') },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 900_000,
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', text => (said += text));
    child.once('error', error => resolve({ error: error.message }));
    child.once('close', code =>
      resolve(
        code === 0 ? { took: (performance.now() - began) / 1000 } : { error: said.trim() || `exit code ${code}` },
      ),
    );
  });
}
