// One run of the suite against one registry, and what is not as expected.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startRegistry } from '../../../__tests__/integration/own-registry.ts';
import { ensurePackages, findExecutable } from '../apt.mjs';
import { peer } from '../peers.mjs';
import { capture } from '../run.mjs';

/**
 * Starts a registry of this kind and resolves with what the suite prints of it. Everything of version 1.1 is asked for, but
 * sha512, which we never use. `report` is a folder for the suite's own reports.
 */
export async function testRegistry({ kind, suite, folder, report }) {
  const registry = await startRegistry(kind, await programOf(kind), folder);
  const results = join(report, 'results.yaml');
  try {
    const env = {
      ...process.env,
      OCI_VERSION: '1.1',
      OCI_REGISTRY: registry.host,
      OCI_TLS: 'disabled',
      OCI_DATA_SHA512: 'false',
      OCI_RESULTS_DIR: report,
    };
    rmSync(results, { force: true });
    // Its exit code is the verdict; when it cannot even begin, there are no results.
    const { stdout, stderr } = await capture([suite], { env, cwd: folder, timeout: 300_000 });
    if (!existsSync(results)) throw new Error(`${suite} tested nothing: ${stderr.trim().slice(-2000)}`);
    return stdout;
  } finally {
    await registry[Symbol.asyncDispose]();
  }
}

async function programOf(kind) {
  if (kind !== 'docker-registry') return peer(kind);
  if (!(await findExecutable(kind))) await ensurePackages([kind]);
  return findExecutable(kind);
}

/**
 * Compares what the suite says with what is known of a registry: `{ says: [part of a message…], what }` each.
 * Resolves what is new and what is not true any more, a line each.
 */
export function surprises(reasons, known) {
  const parts = known.flatMap(one => one.says);
  const fresh = reasons.filter(message => !parts.some(part => message.includes(part)));
  const stale = parts.filter(part => !reasons.some(message => message.includes(part)));
  return [...[...new Set(fresh)].map(message => `new: ${message}`), ...stale.map(part => `no longer: ${part}`)];
}

/** The reasons that the suite gives: of what failed, and of what a registry does not support. */
export const reasonsOf = output => [...output.matchAll(/^ +- (.*)$/gm)].map(match => match[1]);
