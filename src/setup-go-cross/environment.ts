import { join } from 'node:path';
import { getExecOutput } from '@actions/exec';
import * as v from 'valibot';
import { aborted, deadline } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';

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
  /** The input `network-timeout`, milliseconds: the go command itself waits for a proxy for ever. */
  readonly networkTimeout: number;
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
  GOSUMDB: v.optional(v.string(), ''),
  /** Paths of the module's and the workspace's file; empty where there is none. */
  GOMOD: v.optional(v.string(), ''),
  GOWORK: v.optional(v.string(), ''),
});
export type GoSettings = v.InferOutput<typeof GoSettings>;

/**
 * The environment for the installed go command. GOROOT would lead to another Go, GOOS and its like to another target:
 * they are ours. GOTOOLCHAIN is the user's, else `local`: then go never fetches another, unseen. GOFLAGS, GOPRIVATE, GOEXPERIMENT and the rest are the user's and stay.
 */
export function goEnvironmentOf(goroot: string, env: NodeJS.ProcessEnv, more: Record<string, string> = {}) {
  const foreign =
    /^(GOROOT|GOTOOLDIR|GOOS|GOARCH|GOARM|GOARM64|GO386|GOAMD64|GOMIPS|GOMIPS64|GOPPC64|GORISCV64|GOWASM|GOBIN)$/;
  const kept = Object.entries(env).filter(([name]) => !foreign.test(name) && !name.startsWith('INPUT_'));
  return {
    ...Object.fromEntries(kept),
    ...more,
    GOTOOLCHAIN: env['GOTOOLCHAIN'] || 'local',
    PATH: `${join(goroot, 'bin')}${process.platform === 'win32' ? ';' : ':'}${env['PATH'] ?? ''}`,
  };
}

/** Starts the installed go once and asks for all settings; it must be the version that was installed. */
export async function openGo(
  { goroot, version }: { goroot: string; version: string },
  env: NodeJS.ProcessEnv,
  directory: string,
  signal: AbortSignal,
  networkTimeout: number,
): Promise<Go> {
  const program = join(goroot, 'bin', process.platform === 'win32' ? 'go.exe' : 'go');
  const settings = await settingsOf(program, env, directory, signal);
  if (settings.GOVERSION.split(/[ -]/)[0] !== `go${version}`) {
    throw new SlipwayError(
      'GO_VERSION_MISMATCH',
      `${program} says that it is ${settings.GOVERSION}, not go${version}`,
      {
        hint:
          env['GOTOOLCHAIN'] === 'local'
            ? 'Remove this folder from the tool cache and run again.'
            : `GOTOOLCHAIN=${env['GOTOOLCHAIN']} leads the go command to another Go than was installed: unset it, or leave go-version out.`,
      },
    );
  }
  return { version, program, goroot, env, settings, networkTimeout };
}

/** `go env -json`, the one time that go is started before it builds. */
async function settingsOf(
  program: string,
  env: NodeJS.ProcessEnv,
  directory: string,
  signal: AbortSignal,
): Promise<GoSettings> {
  using limited = deadline(60_000, 'go env', signal);
  const settled = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? '']));
  const options = { env: settled, cwd: directory, silent: true, ignoreReturnCode: true };
  const { exitCode, stdout, stderr } = await Promise.race([
    getExecOutput(`"${program}"`, ['env', '-json'], options),
    aborted(limited),
  ]);
  if (exitCode !== 0) {
    throw new SlipwayError('GO_ENV_FAILED', `${program} env -json exited with code ${exitCode}: ${stderr.trim()}`, {
      hint: 'Look at GOFLAGS and the other GO… variables of the job: go refuses one of them.',
    });
  }
  return v.parse(GoSettings, JSON.parse(stdout));
}
