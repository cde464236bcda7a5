import { join } from 'node:path';
import * as v from 'valibot';
import { SlipwayError } from '../core/errors.ts';
import { run } from '../core/process.ts';

/** The installed go command, and the environment that its children get. */
export interface Go {
  /** `1.26.8`. */
  readonly version: string;
  /** Path of the program. */
  readonly program: string;
  readonly goroot: string;
  /** Without anything that would let another Go, or another target, in. */
  readonly env: NodeJS.ProcessEnv;
  readonly settings: GoSettings;
}

const GoSettings = v.object({
  GOVERSION: v.string(),
  GOROOT: v.string(),
  GOPATH: v.string(),
  GOMODCACHE: v.string(),
  GOCACHE: v.string(),
  GOFLAGS: v.string(),
  GOPROXY: v.string(),
  GOEXPERIMENT: v.optional(v.string(), ''),
});
export type GoSettings = v.InferOutput<typeof GoSettings>;

/**
 * The environment for the installed go command. GOROOT and GOTOOLCHAIN would lead to another Go, GOOS and its like to
 * another target: they are ours. GOFLAGS, GOPRIVATE, GOEXPERIMENT and the rest are the user's and stay.
 */
export function goEnvironmentOf(goroot: string, env: NodeJS.ProcessEnv, more: Record<string, string> = {}) {
  const foreign =
    /^(GOROOT|GOTOOLDIR|GOOS|GOARCH|GOARM|GOARM64|GO386|GOAMD64|GOMIPS|GOMIPS64|GOPPC64|GORISCV64|GOBIN)$/;
  const kept = Object.entries(env).filter(([name]) => !foreign.test(name) && !name.startsWith('INPUT_'));
  return {
    ...Object.fromEntries(kept),
    ...more,
    GOTOOLCHAIN: 'local',
    PATH: `${join(goroot, 'bin')}${process.platform === 'win32' ? ';' : ':'}${env['PATH'] ?? ''}`,
  };
}

/** Starts the installed go once and asks for all settings; it must be the version that was installed. */
export async function openGo(
  { goroot, version }: { goroot: string; version: string },
  env: NodeJS.ProcessEnv,
  directory: string,
  signal: AbortSignal,
): Promise<Go> {
  const program = join(goroot, 'bin', process.platform === 'win32' ? 'go.exe' : 'go');
  const { stdout } = await run([program, 'env', '-json'], { env, cwd: directory, timeout: 60_000, signal });
  const settings = v.parse(GoSettings, JSON.parse(stdout));
  if (settings.GOVERSION.split(/[ -]/)[0] !== `go${version}`) {
    throw new SlipwayError(
      'GO_VERSION_MISMATCH',
      `${program} says that it is ${settings.GOVERSION}, not go${version}`,
      {
        hint: 'Remove this folder from the tool cache and run again.',
      },
    );
  }
  return { version, program, goroot, env, settings };
}
