// The action in a process of its own, for one release after the other: what is given as inputs, and how each ended.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readInputs, variableOf } from '../../src/core/inputs.ts';
import { beginRecord } from '../../src/core/record/begin.ts';
import { definition } from '../../src/deploy-ssh-systemd/inputs.ts';
import { run } from '../../src/deploy-ssh-systemd/run.ts';

process.on('message', async ({ inputs, name, version }) => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-gate-'));
  let error;
  try {
    const given = { 'working-directory': directory, ...inputs };
    const variables = Object.fromEntries(Object.entries(given).map(([key, value]) => [variableOf(key), value]));
    await run({
      inputs: readInputs(definition.inputs, variables),
      signal: new AbortController().signal,
      directory,
      record: beginRecord(directory, { name, version, commit: undefined, commitTime: undefined }),
      output: () => undefined,
      summary: async () => undefined,
    });
  } catch (caught) {
    error = `${caught.code ?? ''} ${caught.message}`;
  }
  rmSync(directory, { recursive: true });
  process.send({ error });
});
