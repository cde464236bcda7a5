import { messageOf, SlipwayError } from '../../core/errors.ts';
import { run } from '../../core/process.ts';
import type { Go } from '../environment.ts';

/** A package that becomes a program. */
export interface MainPackage {
  /** Import path. */
  readonly path: string;
  /** What `go build` would call the program. */
  readonly name: string;
  /** Path of its module; empty in GOPATH mode. */
  readonly module: string;
  /** Of its source, absolute. */
  readonly directory?: string;
}

/**
 * The main packages among those that the patterns match, as `go list` sees them for the first target.
 *
 * @throws SlipwayError NO_MAIN_PACKAGE, with the main packages that there are
 */
export async function findMainPackages(
  go: Go,
  patterns: readonly string[],
  tags: string,
  env: NodeJS.ProcessEnv,
  directory: string,
  signal: AbortSignal,
): Promise<MainPackage[]> {
  const list = (names: readonly string[], more: string[] = []) =>
    goList(go, [...more, ...(tags === '' ? [] : [`-tags=${tags}`]), ...names], env, directory, signal);
  const found = await list(patterns);
  if (found.length > 0) return found;
  const others = await list(['./...'], ['-e']).catch(() => []);
  const hint =
    others.length === 0
      ? 'Set working-directory to the folder of the module, or packages to import paths of programs.'
      : `Set packages to one of: ${others.map(({ path }) => path).join(', ')}.`;
  throw new SlipwayError('NO_MAIN_PACKAGE', `no main package matches "${patterns.join(' ')}" in ${directory}`, {
    hint,
  });
}

async function goList(
  go: Go,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string,
  signal: AbortSignal,
): Promise<MainPackage[]> {
  const format = '{{.Name}}\t{{.ImportPath}}\t{{with .Module}}{{.Path}}{{end}}\t{{.Dir}}';
  const { stdout } = await run([go.program, 'list', '-f', format, ...args], {
    cwd: directory,
    env,
    timeout: 10 * 60_000,
    signal,
  }).catch(error => {
    throw explainGo(error, 'listing the packages');
  });
  const rows = stdout.split('\n').map(line => line.split('\t'));
  return rows
    .filter(([name]) => name === 'main')
    .map(([, path = '', module = '', directory = '']) => ({ path, module, directory, name: programName(path) }));
}

/** The last element of the import path; a major version is no name (`example.com/hello/v2` → `hello`). */
export function programName(path: string): string {
  const parts = path.split('/');
  const last = parts.at(-1)!;
  return /^v[0-9]+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last;
}

/** Turns what the go command printed into an error with advice, where the cause is one of the usual ones. */
export function explainGo(error: unknown, doing: string): unknown {
  if (!(error instanceof SlipwayError) || error.code !== 'PROCESS_FAILED') return error;
  const text = messageOf(error);
  const known = advice.find(({ sign }) => sign.test(text));
  return new SlipwayError(known?.code ?? 'GO_FAILED', `${doing}: ${text}`, {
    hint: known?.hint ?? 'The go command’s own message stands above.',
    cause: error,
  });
}

// The text decides only which advice is given; that the command failed is known by its exit code.
const advice = [
  {
    sign: /requires go >= |go\.(mod|work) .*requires go/,
    code: 'GO_TOO_OLD',
    hint: 'Set go-version, or leave it empty so that go.mod decides.',
  },
  {
    sign: /error obtaining VCS status: exit status 128/,
    code: 'GIT_DUBIOUS_OWNERSHIP',
    hint: 'git refuses the repository of another user; run before this step: git config --global --add safe.directory "*"',
  },
  {
    sign: /no space left on device/,
    code: 'DISK',
    hint: 'Free some disk space; the build cache grows by about 250 MB a target.',
  },
  {
    sign: /terminal prompts disabled|could not read Username|410 Gone|reading .*: 40[134]/,
    code: 'MODULE_UNAVAILABLE',
    hint: 'A private module? Set GOPRIVATE and give git its credentials before this step.',
  },
  { sign: /missing go\.sum entry/, code: 'GO_SUM_INCOMPLETE', hint: 'Run go mod tidy and commit go.sum.' },
  { sign: /go\.mod file not found/, code: 'NO_MODULE', hint: 'Set working-directory to the folder of go.mod.' },
];
