import { messageOf, SlipwayError } from '../../core/errors.ts';
import { type Finished, run } from '../../core/process.ts';
import { formatTarget, type Target } from '../../core/target.ts';
import type { Go } from '../environment.ts';
import { settingNames } from './own-compiler.ts';
import type { Cgo } from './plan.ts';

/** The go command that failed. */
export interface Failed {
  readonly go: Go;
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Import paths or patterns. */
  readonly packages: readonly string[];
  /** `-tags=…`, where there are any; other flags are passed over. */
  readonly flags: readonly string[];
  /** Of a build with C code. */
  readonly cgo?: Cgo | undefined;
  readonly target?: Target;
}

/** An error with advice, where C code is the cause: what it takes that is not there, or that CGO is off. */
export async function explainC(error: unknown, failed: Failed, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof SlipwayError) || !['GO_FAILED', 'NO_FILES_FOR_TARGET'].includes(error.code)) return error;
  if (failed.env['CGO_ENABLED'] !== '1') return explainCgoOff(error, failed, signal);
  return failed.cgo && failed.target ? explainCgo(error, failed.cgo, failed.target) : error;
}

const signs = /build constraints exclude all Go files|undefined: |missing function body/;

/**
 * With `cgo: off` files that import "C" are left out, and what fails is then something else: a package without files, or
 * a name that nobody declares. Asks the go command, only then, which packages have such files, and says so where the
 * failure names one of them.
 */
async function explainCgoOff(error: SlipwayError, failed: Failed, signal: AbortSignal): Promise<SlipwayError> {
  const text = messageOf(error);
  if (!signs.test(text)) return error;
  const found = await packagesWithC(failed, signal).catch(() => []);
  const failing = failedPackages(error);
  const named = found.filter(
    path => failing.includes(path) || text.includes(path) || text.includes(`undefined: ${path.split('/').at(-1)}.`),
  );
  if (named.length === 0) return error;
  return new SlipwayError('CGO_NEEDED', error.message, {
    hint: `${named.join(', ')} ${named.length === 1 ? 'has' : 'have'} C code, which cgo: off leaves out: set cgo: gcc (or zig).`,
    cause: error,
  });
}

/** Those before whose errors go wrote `# import/path`; the message leaves such lines out. */
function failedPackages({ cause }: SlipwayError): string[] {
  const { stderr = '' } = (cause instanceof SlipwayError ? (cause.cause ?? {}) : {}) as Partial<Finished>;
  return [...stderr.matchAll(/^# (\S+)/gm)].map(([, path]) => path!);
}

async function packagesWithC({ go, env, directory, packages, flags }: Failed, signal: AbortSignal) {
  const format = '{{if and (not .Standard) (or .CgoFiles .SwigFiles)}}{{.ImportPath}}{{end}}';
  const words = ['list', '-e', '-deps', '-f', format, ...flags.filter(flag => flag.startsWith('-tags=')), ...packages];
  const { stdout } = await run([go.program, ...words], {
    cwd: directory,
    env: { ...env, CGO_ENABLED: '1' },
    timeout: 60_000,
    signal,
  });
  return stdout.split('\n').filter(Boolean);
}

/** What the compiler or the linker of C misses, with the way to get it. */
function explainCgo(error: SlipwayError, cgo: Cgo, target: Target): SlipwayError {
  const text = messageOf(error);
  const name = (variable: string) => settingNames(variable, target)[0]!;
  const known: [sign: RegExp, code: string, hint: (found: string) => string][] = [
    [
      /(?:C\+\+ compiler|exec:) "(\S+)"(?::? executable file)? not found/,
      'CGO_COMPILER_MISSING',
      found =>
        cgo.cxxPackages.length > 0
          ? `On Debian and Ubuntu: sudo apt-get install ${cgo.cxxPackages.join(' ')}.`
          : `Install ${found}, or name another one in ${name('CXX')}.`,
    ],
    [
      /cannot find -l(\S+?):? /,
      'CGO_LIBRARY_MISSING',
      found =>
        `Install lib${found}${cgo.static ? '.a' : ''} for ${formatTarget(target)}, or name its folder in ${name('CGO_LDFLAGS')} (-L…).`,
    ],
    [
      /fatal error: '?([^\s']+)'?: No such file|fatal error: '([^']+)' file not found/,
      'CGO_HEADER_MISSING',
      found =>
        `Install the headers of ${found} for ${formatTarget(target)}, or name their folder in ${name('CGO_CFLAGS')} (-I…).`,
    ],
  ];
  for (const [sign, code, hint] of known) {
    const found = sign.exec(text);
    if (found) return new SlipwayError(code, error.message, { hint: hint(found[1] ?? found[2]!), cause: error });
  }
  return error;
}
