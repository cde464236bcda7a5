import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LabCluster, type LabHost, labModule } from '../integration/lab.ts';

/** The checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const script = (path: string): Promise<any> => import(new URL(`../../scripts/${path}`, import.meta.url).href);
const { capture, run } = await script('lab/run.mjs');
const { cacheRoot, goBuildDir } = await script('lab/paths.mjs');

/** What is kept from one run of the tests to the next: Go's toolchain, modules and compiled packages. */
export const kept = {
  tools: join(cacheRoot(), 'tools'),
  goBuild: goBuildDir(),
  goModules: join(cacheRoot(), 'go-mod'),
};

/** Runs argv to its end; rejects, with the end of its output, unless it ends with 0. */
export const command: (
  argv: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv; timeout?: number; input?: string },
) => Promise<string> = run;

/** The same, but resolves whatever the exit code is. */
export const attempt: (
  argv: readonly string[],
  options?: { cwd?: string; env?: NodeJS.ProcessEnv; timeout?: number },
) => Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }> = capture;

/** A new folder outside of the checkout, readable by its owner only. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'slipway-e2e-'));
}

/**
 * A repository of its own with one example in it, committed and tagged: a release begins with a commit.
 *
 * @param edit the text of a file before it is committed, by its path
 */
export async function repositoryOf(
  example: string,
  folder: string,
  version: string,
  edit: Record<string, (text: string) => string> = {},
): Promise<string> {
  await cp(join(root, 'examples', example), folder, {
    recursive: true,
    filter: source => !source.includes('slipway-out'),
  });
  for (const [path, change] of Object.entries(edit)) {
    const text = await readFile(join(folder, path), 'utf8').catch(() => '');
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), change(text));
  }
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    ...person('AUTHOR'),
    ...person('COMMITTER'),
  };
  for (const argv of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    ['commit', '-q', '-m', version],
    ['tag', version],
  ])
    await command(['git', ...argv], { cwd: folder, env });
  return folder;
}

function person(role: string): Record<string, string> {
  return { [`GIT_${role}_NAME`]: 'e2e', [`GIT_${role}_EMAIL`]: 'e2e@example.com' };
}

/** Only what a runner has: no input, secret or setting of an outer runner, npm or jest leaks in. */
export function runnerEnvironment(): NodeJS.ProcessEnv {
  const passed =
    /^(PATH|LANG|TZ|GO(PROXY|SUMDB|NOSUMDB|NOSUMCHECK|PRIVATE|NOPROXY|INSECURE)|(HTTPS?|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => passed.test(name)));
}

/** A namespace that is new, and is gone when the tests end. */
export function namespaceOf({ kubectl, kubeconfig }: LabCluster, name: string) {
  const k = (...args: string[]) => command([kubectl, '--kubeconfig', kubeconfig, ...args], { timeout: 120_000 });
  const remove = () => k('delete', 'namespace', name, '--ignore-not-found', '--wait', '--timeout=100s');
  return {
    name,
    async create() {
      await remove();
      await k('create', 'namespace', name);
    },
    remove,
    /** The imageIDs of the pods that are ready, and how many pods there are. */
    async pods(): Promise<{ imageIds: string[]; count: number }> {
      const { items } = JSON.parse(await k('get', 'pods', '--namespace', name, '--output', 'json'));
      // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the API
      const statuses = items.flatMap((pod: any) => pod.status.containerStatuses ?? []);
      // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the API
      return { imageIds: statuses.filter((one: any) => one.ready).map((one: any) => one.imageID), count: items.length };
    },
    /** Anything else, as kubectl prints it. */
    kubectl: (...args: string[]) => k('--namespace', name, ...args),
  };
}

/** What a host runs, seen from outside of it and without SSH. */
export async function servicesOf({ name }: LabHost) {
  const { exec } = await labModule('host');
  const inside = async (...argv: string[]): Promise<string> => (await exec(name, argv)).stdout.trim();
  return {
    /** sha256 of the executable of the service's main process. */
    async runningSha256(service: string): Promise<string> {
      const pid = await inside('systemctl', 'show', '--property=MainPID', '--value', service);
      return (await inside('sha256sum', `/proc/${pid}/exe`)).split(' ')[0]!;
    },
    /** sha256 of what its timer starts, where it is a job. */
    async startedSha256(service: string): Promise<string> {
      const command = await inside('systemctl', 'show', '--property=ExecStart', '--value', service);
      return (await inside('sha256sum', /path=(\S+)/.exec(command)![1]!)).split(' ')[0]!;
    },
    /** Removes a service of ours with its releases, so that the next run begins with nothing. */
    async remove(service: string): Promise<void> {
      const units = [`${service}.timer`, `${service}.service`, `slipway-guard-${service}.service`];
      await inside('systemctl', 'disable', '--now', ...units);
      await inside('rm', '-rf', `/opt/slipway/${service}`, ...units.map(unit => `/etc/systemd/system/${unit}`));
      await inside('systemctl', 'daemon-reload');
    },
  };
}

/** Removes a folder, also one with Go's read-only module cache in it. */
export async function removeFolder(path: string): Promise<void> {
  await command(['chmod', '-R', 'u+w', path]).catch(() => undefined);
  await rm(path, { recursive: true, force: true });
}
