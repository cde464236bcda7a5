import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { schemas } from '../../../src/release/definitions.ts';
import type { Finding } from '../../../src/release/doctor/check.ts';
import { doctor } from '../../../src/release/doctor/doctor.ts';
import { actionMain } from '../../action-main.ts';
import { compileCache } from '../../compile-cache.ts';

/**
 * Runs the doctor on a slipway.yml, with the real actions: their bundles where they are of the present sources.
 *
 * @param folder its own, for slipway.yml and what starts the actions
 */
export async function examined(
  folder: string,
  yml: string,
  env: Readonly<Record<string, string>>,
  only?: readonly string[],
): Promise<readonly Finding[]> {
  for (const name of ['deploy-ssh-systemd', 'deploy-k8s-canary']) {
    await mkdir(join(folder, 'dist', name), { recursive: true });
    await writeFile(join(folder, 'dist', name, 'index.js'), `await import(${JSON.stringify(actionMain(name))});`);
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'slipway.yml'), yml);
  const request = { mode: 'doctor', config: 'slipway.yml', release: [], directory: folder, summary: false } as const;
  const { findings } = await doctor(
    request,
    {
      dist: join(folder, 'dist'),
      schemas,
      env: { PATH: process.env['PATH'], ...compileCache, ...env },
      signal: new AbortController().signal,
      summary: async () => {},
      onOutput: () => {},
    },
    only,
  );
  return findings;
}

/** `id` → state and what was seen, of one family; the worst where there are several places. */
export function statesOf(findings: readonly Finding[], family: Finding['family']): Record<string, string> {
  const order = ['pass', 'unknown', 'fail'];
  const own = findings.filter(one => one.family === family);
  const sorted = own.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return Object.fromEntries(sorted.map(({ check, state, seen }) => [check, `${state}: ${seen}`]));
}
