// The demo's story: version 1, version 2, a broken version 3 that takes itself back, and the proof that 2 serves.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { loadRecords } from '../../src/core/record/files.ts';
import { renderReport } from '../../src/core/report/html.ts';
import { reportPart } from '../../src/core/report/part.ts';
import { verdictOf } from '../../src/core/report/verdict.ts';
import { root } from '../root.mjs';
import { buildInputs, deployHostInputs, deployPodsInputs, imageInputs, verifyInputs } from './inputs.mjs';
import { startPlaces } from './places.mjs';
import { printTable } from './print.mjs';
import { openRunner } from './runner.mjs';
import { makeSource, releaseVersion } from './source.mjs';

const folder = join(root, 'slipway-out', 'demo');

/** Runs the demo; resolves with the exit code: 0 verified, 3 inconclusive because something was left out, 1 failed. */
export async function demo() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const began = Date.now();
  const starting = startPlaces();
  starting.catch(() => undefined); // looked at when the first place is needed
  const runner = openRunner(folder);
  process.once('SIGINT', () => runner.cancel());
  process.once('SIGTERM', () => runner.cancel());
  try {
    const source = await makeSource(folder);
    const chain = version => releaseOf(version, { source, starting, runner });
    const one = await chain(1);
    const two = one.failed ? one : await chain(2);
    const three = two.failed ? undefined : await chain(3);
    const places = await starting;
    if (three !== undefined) await proveStillServing(two, { places, runner });
    return await conclude({
      releases: [three, two, one].filter((one, i, all) => one && all.indexOf(one) === i),
      two,
      three,
      places,
      runner,
      began,
    });
  } catch (error) {
    console.error(`\n${error.message}`);
    return 1;
  } finally {
    const places = await starting.catch(() => undefined); // why they did not start has been said
    await places?.end();
  }
}

/** One version through the links that can run here. Version 3 is broken and its deployment has to fail. */
async function releaseOf(number, { source, starting, runner }) {
  const version = releaseVersion(number);
  console.log(`\n${version}${number === 3 ? ', which is broken: it exits as soon as it starts' : ''}`);
  const directory = await source.at(number);
  const spans = [];
  let record = '';
  let failed = false;
  const link = async (action, inputs, expected = 0) => {
    if (failed || inputs === undefined) return undefined;
    const done = await runner.run(
      `${version} ${action}`,
      action,
      { 'working-directory': directory, release: record, ...inputs },
      expected,
    );
    record = done.outputs.release || record;
    spans.push({ name: `${version} ${action}`, start: done.started, end: done.ended, failed: done.code !== 0 });
    failed ||= done.code !== expected;
    return done;
  };
  await link('setup-go-cross', buildInputs(version));
  const places = await starting; // version 1 is built while they start
  await link('build-multiarch-image', places.registry && imageInputs(places.registry, version));
  await link('deploy-ssh-systemd', places.host && deployHostInputs(places.host), number === 3 ? 1 : 0);
  if (number < 3) {
    await link('deploy-k8s-canary', places.registry && places.cluster && deployPodsInputs(places.cluster, directory));
    await link('verify-health', (places.host || places.cluster) && verifyInputs(places, 'verify', version));
  }
  return { version, directory, record, spans, failed };
}

/** After the broken version: the hosts and pods still run version 2, byte for byte. */
async function proveStillServing(two, { places, runner }) {
  if (!places.host && !places.cluster) return;
  console.log('\nafter the broken version');
  const inputs = {
    'working-directory': two.directory,
    release: two.record,
    ...verifyInputs(places, 'verify', two.version),
  };
  const done = await runner.run(`${two.version} still serves`, 'verify-health', inputs, 0);
  two.spans.push({
    name: `${two.version} still serves`,
    start: done.started,
    end: done.ended,
    failed: done.code !== 0,
  });
  two.failed ||= done.code !== 0;
}

async function conclude({ releases, two, three, places, runner, began }) {
  const made = releases.filter(one => one.record !== '');
  const loaded = await Promise.all(made.map(({ record }) => loadRecords([record], root)));
  const parts = await Promise.all(
    made.map(({ spans }, index) => reportPart(loaded[index], { spans, before: loaded[index + 1]?.record })),
  );
  const page = join(folder, 'report.html');
  writeFileSync(page, renderReport(parts));
  printTable(runner.steps);
  for (const { what, why, get } of places.leftOut) console.log(`left out: ${what} (${why}); to get it: ${get}`);

  const verdicts = Object.fromEntries(parts.map(({ record }) => [record.version, verdictOf(record)]));
  const wrong = releases.some(one => one.failed) || (places.host && three && verdicts[three.version] !== 'rolled-back');
  const whole =
    places.leftOut.length === 0 && verdicts[two.version] === 'verified' && verdicts[three?.version] === 'rolled-back';
  const verdict = wrong ? 'failed' : whole ? 'verified' : 'inconclusive';
  const show = path => relative(process.cwd(), path);
  const shown = [two, three].filter(one => one?.record);
  console.log('');
  for (const { version, record } of shown) console.log(`record:  ${show(record)} says ${verdicts[version]}`);
  console.log(`report:  ${show(page)}`);
  console.log(`verdict: ${verdict} (${Math.round((Date.now() - began) / 1000)} s)`);
  return { verified: 0, inconclusive: 3, failed: 1 }[verdict];
}
