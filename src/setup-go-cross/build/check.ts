import type { GoBinary } from '../../core/binary/index.ts';
import { SlipwayError } from '../../core/errors.ts';
import { canonicalTarget, formatTarget } from '../../core/target.ts';
import { layoutOf } from './buildmode.ts';
import type { Build } from './plan.ts';

/** What the binary must say besides its target. */
export interface Expected {
  /** `1.26.8`. */
  readonly goVersion: string;
  readonly trimpath: boolean;
  /** Full sha; empty when there is no repository. */
  readonly commit: string;
  /** Whether the tree held changes when the build began. */
  readonly modified: boolean;
}

/** Everything in which a program differs from its plan; empty when it is what was asked for. */
export function differences(build: Build, binary: GoBinary, expected: Expected): string[] {
  const { settings, goVersion, path } = binary.buildinfo;
  const rows: [what: string, wanted: string, found: string][] = [
    ['target', formatTarget(build.target), formatTarget(canonicalTarget(binary.target))],
    ['package', build.package.path, path === 'command-line-arguments' ? build.package.path : path],
    ['Go', `go${expected.goVersion}`, goVersion.split(/[ -]/)[0]!],
    ['CGO_ENABLED', build.env['CGO_ENABLED'] ?? '0', settings['CGO_ENABLED'] ?? '0'],
    ['-trimpath', String(expected.trimpath), settings['-trimpath'] ?? 'false'],
  ];
  if (build.buildmode !== undefined) rows.push(['-buildmode', build.buildmode, settings['-buildmode'] ?? 'not said']);
  const layout = layoutOf(binary, build.buildmode);
  if (layout !== undefined) rows.push(['layout', layout, binary.layout!]);
  // A program of another module (a dependency that is built here) carries no revision of this repository.
  if (settings['vcs.revision'] !== undefined && expected.commit !== '') {
    rows.push(['vcs.revision', expected.commit, settings['vcs.revision']]);
    rows.push(['vcs.modified', String(expected.modified), settings['vcs.modified'] ?? 'false']);
  }
  return rows
    .filter(([, wanted, found]) => wanted !== found)
    .map(([what, wanted, found]) => `${what} is ${found}, the plan says ${wanted}`);
}

/** @throws SlipwayError BINARY_NOT_AS_PLANNED */
export function assertAsPlanned(build: Build, binary: GoBinary, expected: Expected): void {
  const found = differences(build, binary, expected);
  if (found.length === 0) return;
  throw new SlipwayError(
    'BINARY_NOT_AS_PLANNED',
    `${build.package.name} for ${formatTarget(build.target)} is not what was planned: ${found.join('; ')}`,
    {
      hint: found.some(line => line.startsWith('vcs.'))
        ? 'Something changed the working tree while it was built: ignore generated files in .gitignore.'
        : 'Look at GOFLAGS and go env: something there overrides the plan.',
    },
  );
}
