// npm run generate: action.yml files, README tables and JSON schemas from the definitions in src/*/inputs.ts,
// and the comparisons with the peers from actions/*/comparison.yml.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { reexecUnderNode24 } from './node24.mjs';
import { root } from './root.mjs';

await reexecUnderNode24(import.meta.url);
ensureDependencies();

const { actionYml } = await import('./generate/action-yml.mjs');
const { actionsTable, between, inputsTable, outputsTable } = await import('./generate/tables.mjs');
const { measuredTable } = await import('./generate/measured.mjs');
const { gateTable } = await import('./generate/gate.mjs');
const { choiceTable, weightsTable } = await import('./generate/risk.mjs');
const { simulatedTables } = await import('./generate/simulated.mjs');
const { comparisonTable, complaintsTable } = await import('./generate/comparison.mjs');
const { checksTables } = await import('./generate/doctor.mjs');
const { recordSchema, slipwaySchema } = await import('./generate/schemas.mjs');
const { readComparison } = await import('./claims/read.mjs');
const { ReleaseRecord } = await import('../src/core/record/schema.ts');
const { checks } = await import('../src/release/doctor/registry.ts');
const { actionNames } = await import('../src/core/action-names.ts');

const definitions = [];
for (const name of actionNames) definitions.push((await import(`../src/${name}/inputs.ts`)).definition);
const release = (await import('../src/release/inputs.ts')).definition;

write('action.yml', actionYml(release, 'dist/release'));
for (const definition of definitions) {
  write(`actions/${definition.name}/action.yml`, actionYml(definition, `../../dist/${definition.name}`));
  tables(`actions/${definition.name}/README.md`, {
    inputs: inputsTable(definition),
    outputs: outputsTable(definition),
  });
  const comparison = readComparison(definition.name);
  if (comparison === undefined) continue;
  tables(`actions/${definition.name}/README.md`, {
    comparison: comparisonTable(comparison),
    ...(comparison.complaints && { complaints: complaintsTable(comparison) }),
  });
}
const measuredIn = {
  'setup-go-cross': [['cross', 'cold', 'warm', 'overhead', 'restore', 'size'], ['shared-cache'], ['memory']],
  'build-multiarch-image': [['image', 'new', 'again', 'memory', 'delay', 'sizes']],
  'deploy-k8s-canary': [['canary', 'plan', 'real', 'requests', 'resume']],
  'deploy-ssh-systemd': [['ssh', 'deploy', 'trips', 'socket', 'downtime', 'many']],
  'verify-health': [['verify', 'start', 'many', 'ready', 'percentiles']],
};
for (const [name, benchmarks] of Object.entries(measuredIn))
  tables(`actions/${name}/README.md`, { measured: measured(benchmarks) });
const [simulation] = resultsOf(['canary-simulated']);
tables('actions/deploy-k8s-canary/README.md', { simulated: simulatedTables(simulation) });
tables('docs/risk.md', { risk: weightsTable(), choice: choiceTable() });
const gateParts = ['bad', 'good'].flatMap(what => [1, 2, 3, 4].map(number => `gate-${what}-${number}`));
tables('actions/deploy-ssh-systemd/README.md', { gate: gateTable(resultsOf(gateParts)) });
tables('README.md', {
  actions: actionsTable(definitions),
  inputs: inputsTable(release),
  outputs: outputsTable(release),
});
tables('docs/doctor.md', { checks: checksTables(checks) });
write('schema/slipway.schema.json', json(slipwaySchema(Object.fromEntries(definitions.map(one => [one.name, one])))));
write('schema/release.schema.json', json(recordSchema(ReleaseRecord)));

function tables(path, parts) {
  let markdown = readFileSync(join(root, path), 'utf8');
  for (const [name, content] of Object.entries(parts)) markdown = between(markdown, name, content);
  write(path, markdown);
}

/** Of these benchmarks, each with its parts, those that were run. */
function measured(benchmarks) {
  const names = benchmarks.flatMap(([name, ...parts]) =>
    parts.length === 0 ? [name] : parts.map(part => `${name}-${part}`),
  );
  return measuredTable(resultsOf(names), benchmarks[0][0]);
}

function resultsOf(names) {
  const files = names.map(name => join(root, 'bench/results', `${name}.json`));
  return files.filter(file => existsSync(file)).map(file => JSON.parse(readFileSync(file, 'utf8')));
}

function json(data) {
  return `${JSON.stringify(data, undefined, 2)}\n`;
}

function write(path, content) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  console.log(`wrote ${path}`);
}
