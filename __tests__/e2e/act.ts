import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { attempt, kept, root, runnerEnvironment } from './support.ts';

export interface ActRun {
  /** Path of the program. */
  readonly act: string;
  /** A scratch folder outside of the checkout; the runs' homes, artifacts and secrets go there. */
  readonly folder: string;
  /** The repository whose workflow runs. */
  readonly repository: string;
  readonly workflow: string;
  /** What it runs for, `push` by default, and what GitHub tells of it. */
  readonly event?: 'push' | 'pull_request' | 'workflow_dispatch';
  readonly payload?: object;
  /** Of a workflow_dispatch. */
  readonly inputs?: Record<string, string>;
  readonly variables: Record<string, string>;
  readonly secrets: Record<string, string>;
  /** Of the runner itself, such as where GitHub's API is. */
  readonly env?: Record<string, string>;
  /** Milliseconds. */
  readonly timeout: number;
}

/** How a run ended. */
export interface Ran {
  readonly code: number | null;
  readonly output: string;
  /** A folder an artifact, by its name. */
  readonly artifacts: string;
}

/**
 * Runs a workflow under act in host mode, in an environment of its own: Node 24 first on PATH, nothing of the caller's
 * but what names Go's proxy. Published-style `uses:` come from this checkout, the artifact actions from the doubles.
 *
 * @throws with the end of the output when act does not end with 0
 */
export async function runWorkflow(run: ActRun): Promise<Ran> {
  const ran = await attemptWorkflow(run);
  if (ran.code === 0) return ran;
  throw new Error(`act ended with ${ran.code}:\n${ran.output.trimEnd().split('\n').slice(-80).join('\n')}`);
}

/** The same, however it ends. */
export async function attemptWorkflow(run: ActRun): Promise<Ran> {
  const own = await mkdtemp(join(run.folder, 'run-'));
  const [home, artifacts] = [join(own, 'home'), join(own, 'artifacts')];
  const actCache = join(home, '.cache', 'act');
  await Promise.all([mkdir(actCache, { recursive: true }), mkdir(artifacts), mkdir(kept.tools, { recursive: true })]);
  await symlink(kept.tools, join(actCache, 'tool_cache'));
  const published = await publish(join(run.folder, 'published'));
  const file = async (name: string, text: string) => {
    await writeFile(join(own, name), text, { mode: 0o600 });
    return join(own, name);
  };

  const { PATH, ...passed } = runnerEnvironment();
  const caches = { GOCACHE: kept.goBuild, GOMODCACHE: kept.goModules };
  const inner = { ...passed, ...caches, ARTIFACTS_FOLDER: artifacts, ...run.env };
  const { code, stdout, stderr } = await attempt(
    [
      run.act,
      run.event ?? 'push',
      '--platform',
      'ubuntu-latest=-self-hosted',
      '--no-cache-server',
      '--workflows',
      run.workflow,
      '--secret-file',
      await file('secrets', dotenv(run.secrets)),
      '--var-file',
      await file('variables', dotenv(run.variables)),
      ...(run.payload === undefined ? [] : ['--eventpath', await file('event.json', JSON.stringify(run.payload))]),
      ...Object.entries(run.inputs ?? {}).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
      ...Object.entries(repositories(published)).flatMap(([name, path]) => ['--local-repository', `${name}=${path}`]),
      ...Object.entries(inner).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ],
    {
      cwd: run.repository,
      env: { HOME: home, PATH: `${dirname(process.execPath)}:${PATH}`, LANG: 'C.UTF-8' },
      timeout: run.timeout,
    },
  );
  return { code, output: `${stdout}${stderr}`, artifacts };
}

/** What `uses:` means here: ours as the READMEs write it, the artifact actions by tag and as our workflows pin them. */
function repositories(published: string): Record<string, string> {
  const doubles = join(root, '__tests__', 'e2e', 'doubles');
  return {
    'acme/slipway@v1': published,
    'OWNER/slipway@v1': published,
    'actions/upload-artifact@v4': join(doubles, 'upload-artifact'),
    'actions/download-artifact@v4': join(doubles, 'download-artifact'),
    'actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f': join(doubles, 'upload-artifact'),
    'actions/download-artifact@37930b1c2abaa49bbe596cd826c3c89aef350131': join(doubles, 'download-artifact'),
  };
}

/**
 * What a release of this repository holds, as far as runners use it. act knows workflows as they were before
 * `environment.deployment` came: that line is left out, all else stays as it is.
 */
async function publish(folder: string): Promise<string> {
  if (existsSync(folder)) return folder;
  for (const part of ['action.yml', 'actions', 'dist', '.github'])
    await cp(join(root, part), join(folder, part), { recursive: true });
  const workflows = join(folder, '.github', 'workflows');
  for (const name of await readdir(workflows)) {
    const text = await readFile(join(workflows, name), 'utf8');
    await writeFile(join(workflows, name), text.replaceAll(/^ +deployment: false\n/gm, ''));
  }
  return folder;
}

/** Values in double quotes, with line ends, quotes and `$` escaped. */
function dotenv(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value).replaceAll('$', '\\$')}\n`)
    .join('');
}
