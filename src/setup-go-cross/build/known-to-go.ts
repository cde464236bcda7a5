import * as v from 'valibot';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { run } from '../../core/process.ts';
import { formatTarget, nearestTargets, type Target } from '../../core/target.ts';

const DistList = v.array(v.object({ GOOS: v.string(), GOARCH: v.string(), CgoSupported: v.boolean() }));
export type DistList = v.InferOutput<typeof DistList>;

/**
 * What the `go` on PATH builds for: `go tool dist list -json`. A plan installs nothing; where there is no go, or it does
 * not answer, our own table is all there is.
 *
 * @returns undefined when no go could be asked
 */
export async function askGo(directory: string, signal: AbortSignal): Promise<DistList | undefined> {
  try {
    // local: go must not download another toolchain because a go.mod here asks for one.
    const env = { ...process.env, GOTOOLCHAIN: 'local', GOOS: '', GOARCH: '' };
    const { stdout } = await run(['go', 'tool', 'dist', 'list', '-json'], {
      cwd: directory,
      env,
      timeout: 60_000,
      signal,
    });
    return v.parse(DistList, JSON.parse(stdout));
  } catch (error) {
    signal.throwIfAborted();
    log.debug(`the go on PATH was not asked for its targets: ${messageOf(error)}`);
    return undefined;
  }
}

/** @throws SlipwayError TARGET_UNSUPPORTED for targets that this Go does not have (an older one than our table) */
export function assertKnown(targets: readonly Target[], list: DistList): void {
  const known = new Set(list.map(({ GOOS, GOARCH }) => `${GOOS}/${GOARCH}`));
  const unknown = targets.filter(({ os, arch }) => !known.has(`${os}/${arch}`));
  if (unknown.length === 0) return;
  const near = unknown.flatMap(target => nearestTargets(formatTarget(target))).filter(name => known.has(name));
  throw new SlipwayError(
    'TARGET_UNSUPPORTED',
    `the go on PATH does not build for ${unknown.map(formatTarget).join(', ')} (\`go tool dist list\`)`,
    {
      hint: `Put a newer Go on PATH, or leave them out.${near.length > 0 ? ` Nearest that it has: ${[...new Set(near)].join(', ')}.` : ''}`,
    },
  );
}
