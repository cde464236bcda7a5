import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { log } from '../../core/log.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import type { Go } from '../environment.ts';
import type { Built } from './execute.ts';
import type { MainPackage } from './packages.ts';

/** A profile beside a main package, by which the go command optimises every package of that program. */
export interface Profile {
  readonly main: MainPackage;
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** From here on a profile is called large. Before Go 1.23 every compile read all of it. */
const large = 1e6;
/** A build that takes longer is called slow. */
const slow = 2 * 60_000;

/** The profiles that count: go takes `default.pgo` by itself, unless GOFLAGS say otherwise. */
export async function findProfiles(packages: readonly MainPackage[], { settings }: Go): Promise<Profile[]> {
  if (/-pgo=/.test(settings.GOFLAGS)) return [];
  const found = await Promise.all(
    packages.map(async main => {
      if (main.directory === undefined) return [];
      const path = join(main.directory, 'default.pgo');
      const size = await stat(path).then(
        file => file.size,
        () => undefined,
      );
      return size === undefined ? [] : [{ main, path, size }];
    }),
  );
  return found.flat();
}

/**
 * A profile makes a build slow twice: each package is compiled again for this program alone, and in inlining more
 * (https://github.com/golang/go/issues/58102: 2.5 → 34 min). So a large one is warned of before the build.
 */
export function warnOfLarge(profiles: readonly Profile[], warn: (text: string) => void = log.warning): void {
  for (const { main, path, size } of profiles.filter(profile => profile.size >= large)) {
    warn(
      `${main.name} is built by the profile ${path} (${formatSize(size)}), which can take many times as long. ${hint}`,
    );
  }
}

/** A small one is warned of when the build was slow with it. */
export function warnOfSlow(
  profiles: readonly Profile[],
  built: readonly Built[],
  warn: (text: string) => void = log.warning,
): void {
  for (const { main, path, size } of profiles.filter(profile => profile.size < large)) {
    const times = built
      .filter(({ build }) => build.package.path === main.path)
      .map(({ span }) => span.end - span.start);
    const longest = Math.max(0, ...times);
    if (longest < slow) continue;
    warn(`${main.name} took ${formatDuration(longest)}, built by the profile ${path} (${formatSize(size)}). ${hint}`);
  }
}

const hint = 'To build without it: GOFLAGS=-pgo=off in the environment of this step.';
