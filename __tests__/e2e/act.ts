import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { attempt, kept, root, runnerEnvironment } from './support.ts';

export interface ActRun {
  /** Path of the program. */
  readonly act: string;
  /** A scratch folder outside of the checkout; the run's home, artifacts and secrets go there. */
  readonly folder: string;
  /** The repository whose workflow runs. */
  readonly repository: string;
  readonly workflow: string;
  readonly variables: Record<string, string>;
  readonly secrets: Record<string, string>;
  /** Milliseconds. */
  readonly timeout: number;
}

/**
 * Runs a workflow under act in host mode, in an environment of its own: Node 24 first on PATH, nothing of the caller's
 * but what names Go's proxy. Published-style `uses:` come from this checkout, the artifact actions from the doubles.
 *
 * @returns act's output, and the folder that holds an artifact a name
 * @throws with the end of the output when act does not end with 0
 */
export async function runWorkflow(run: ActRun): Promise<{ output: string; artifacts: string }> {
  const home = join(run.folder, 'home');
  const artifacts = join(run.folder, 'artifacts');
  const actCache = join(home, '.cache', 'act');
  await Promise.all([mkdir(actCache, { recursive: true }), mkdir(artifacts), mkdir(kept.tools, { recursive: true })]);
  await symlink(kept.tools, join(actCache, 'tool_cache'));
  await publish(join(run.folder, 'published'));
  const [secretFile, variableFile] = [join(run.folder, 'secrets'), join(run.folder, 'variables')];
  await writeFile(secretFile, dotenv(run.secrets), { mode: 0o600 });
  await writeFile(variableFile, dotenv(run.variables), { mode: 0o600 });

  const { PATH, ...passed } = runnerEnvironment();
  const inner = { ...passed, GOCACHE: kept.goBuild, GOMODCACHE: kept.goModules, ARTIFACTS_FOLDER: artifacts };
  const doubles = join(root, '__tests__', 'e2e', 'doubles');
  const repositories = {
    'acme/slipway@v1': join(run.folder, 'published'),
    'OWNER/slipway@v1': join(run.folder, 'published'), // as the READMEs write it
    'actions/upload-artifact@v4': join(doubles, 'upload-artifact'),
    'actions/download-artifact@v4': join(doubles, 'download-artifact'),
  };
  const { code, stdout, stderr } = await attempt(
    [
      run.act,
      'push',
      '--platform',
      'ubuntu-latest=-self-hosted',
      '--no-cache-server',
      '--workflows',
      run.workflow,
      '--secret-file',
      secretFile,
      '--var-file',
      variableFile,
      ...Object.entries(repositories).flatMap(([name, path]) => ['--local-repository', `${name}=${path}`]),
      ...Object.entries(inner).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ],
    {
      cwd: run.repository,
      env: { HOME: home, PATH: `${dirname(process.execPath)}:${PATH}`, LANG: 'C.UTF-8' },
      timeout: run.timeout,
    },
  );
  const output = `${stdout}${stderr}`;
  if (code !== 0) throw new Error(`act ended with ${code}:\n${output.trimEnd().split('\n').slice(-80).join('\n')}`);
  return { output, artifacts };
}

/** What a release of this repository holds, as far as runners use it. */
async function publish(folder: string): Promise<void> {
  for (const part of ['action.yml', 'actions', 'dist'])
    await cp(join(root, part), join(folder, part), { recursive: true });
}

/** Values in double quotes, with line ends, quotes and `$` escaped. */
function dotenv(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}=${JSON.stringify(value).replaceAll('$', '\\$')}\n`)
    .join('');
}
