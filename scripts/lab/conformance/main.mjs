#!/usr/bin/env node
// The OCI's conformance suite against the registries that our tests push to, each started as the tests start it:
// node scripts/lab/conformance/main.mjs [KIND...]. Ends with 1 when a registry does not do what expected.json says of it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDependencies } from '../../dependencies.mjs';
import { reexecUnderNode24 } from '../../node24.mjs';
import { labDir } from '../paths.mjs';

await reexecUnderNode24(import.meta.url);
ensureDependencies();

const { registries } = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'));
const kinds = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(registries);
const unknown = kinds.find(kind => !Object.hasOwn(registries, kind));
if (unknown) {
  console.error(`"${unknown}" is no registry of the tests; these are: ${Object.keys(registries).join(', ')}`);
  process.exit(2);
}
const { ensureConformance } = await import('./program.mjs');
const { reasonsOf, surprises, testRegistry } = await import('./suite.mjs');

try {
  const suite = await ensureConformance({ progress: line => console.error(line) });
  for (const kind of kinds) {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-conformance-'));
    const report = labDir('conformance', kind);
    try {
      const output = await testRegistry({ kind, suite, folder, report });
      const wrong = surprises(reasonsOf(output), registries[kind]);
      const count = status => Number(new RegExp(`^  ${status}\\.+: +(\\d+)$`, 'm').exec(output)?.[1] ?? 0);
      console.log(`${kind}: ${count('Pass')} pass, ${count('FAIL')} fail, ${count('Skip')} not supported`);
      for (const { what } of registries[kind]) console.log(`  known: ${what}`);
      for (const line of wrong) console.log(`  ${line}`);
      console.log(`  every request and answer: ${join(report, 'report.html')}`);
      if (wrong.length > 0) process.exitCode = 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
} catch (error) {
  console.error(error.name === 'Missing' ? `missing ${error.message}` : error.message);
  process.exitCode = error.name === 'Missing' ? 3 : 1;
}
