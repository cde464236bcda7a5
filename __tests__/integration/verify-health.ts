import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variableOf } from '../../src/core/inputs.ts';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord, Verification } from '../../src/core/record/schema.ts';
import { actionMain } from '../action-main.ts';
import { compileCache } from '../compile-cache.ts';

const main = actionMain('verify-health');

export interface Verified {
  readonly code: number;
  /** The runner's log, as a reader sees it: the commands that tell the runner what to mask are not in it. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly report: {
    readonly verdict: string;
    readonly identity: string;
    readonly reasons: string[];
    // biome-ignore lint/suspicious/noExplicitAny: each test looks at what it needs
    readonly findings: any[];
  };
  /** What the option `read` names. */
  readonly file: string;
  /** As it was written back; undefined when none was given. */
  readonly record: (ReleaseRecord & { verification?: Verification & { identity?: string } }) | undefined;
}

export interface VerifyOptions {
  /** Added to the environment. */
  readonly env?: Record<string, string>;
  /** A file of the working directory to read in the end. */
  readonly read?: string;
}

/** Runs the action in a process of its own, as a runner would, in a folder of its own. */
export async function verify(
  inputs: Record<string, string>,
  record?: ReleaseRecord,
  options: VerifyOptions = {},
): Promise<Verified> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-verify-'));
  const file = (name: string) => join(folder, name);
  try {
    for (const name of ['output', 'state', 'summary']) await writeFile(file(name), '');
    if (record !== undefined) await writeFile(file('release.json'), JSON.stringify(record));
    const given = {
      'working-directory': folder,
      ...(record === undefined ? {} : { release: 'release.json' }),
      ...inputs,
    };
    const done = await run([process.execPath, main], {
      env: {
        PATH: process.env['PATH'],
        ...compileCache,
        GITHUB_OUTPUT: file('output'),
        GITHUB_STATE: file('state'),
        GITHUB_STEP_SUMMARY: file('summary'),
        ...options.env,
        ...Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value])),
      },
      accept: [1],
      timeout: 120_000,
    });
    const outputs = outputsOf(await readFile(file('output'), 'utf8'));
    return {
      code: done.code,
      log: `${done.stdout}${done.stderr}`.replace(/^::add-mask::.*\n/gm, ''),
      outputs,
      summary: await readFile(file('summary'), 'utf8'),
      report: outputs['report'] === undefined ? undefined : JSON.parse(await readFile(outputs['report'], 'utf8')),
      file: options.read === undefined ? '' : await readFile(file(options.read), 'utf8'),
      record: record === undefined ? undefined : JSON.parse(await readFile(file('release.json'), 'utf8')),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `name<<delimiter`, the value, `delimiter`: the file format of GITHUB_OUTPUT. */
function outputsOf(text: string): Record<string, string> {
  const found = text.matchAll(/^(.+?)<<(.+)\r?\n([\s\S]*?)\r?\n\2$/gm);
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value]));
}
