import { messageOf, SlipwayError } from '../../core/errors.ts';

/** A package that becomes a program. */
export interface MainPackage {
  /** Import path. */
  readonly path: string;
  /** What `go build` would call the program. */
  readonly name: string;
  /** Path of its module; empty in GOPATH mode. */
  readonly module: string;
  /** Targets that it is not built for: build constraints leave no file of it there. */
  readonly without?: readonly string[];
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
    sign: /unsupported GOOS\/GOARCH pair|invalid GO(ARM|AMD64|ARM64|386|MIPS|MIPS64|PPC64|RISCV64)[:=]/,
    code: 'TARGET_UNSUPPORTED',
    hint: 'This Go does not build for that target: set a newer go-version, or leave the target out.',
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
