import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Module } from '../../core/binary/index.ts';
import { builderOf } from '../../core/builder.ts';
import { outputFolder } from '../../core/record/files.ts';
import type { Archive, Toolchain } from '../../core/record/schema.ts';
import { formatTarget } from '../../core/target.ts';
import type { Release } from '../../core/version.ts';
import type { Built } from '../build/execute.ts';
import type { Go } from '../environment.ts';
import type { SetupGoCross } from '../run.ts';
import type { Embedded } from './embedded.ts';
import { provenanceOf, type Statement } from './provenance.ts';
import { type Hidden, portable, redact, secretsOf } from './redact.ts';

/** What was found out in the course of a build. */
export interface Course {
  readonly built: readonly Built[];
  readonly archives: readonly Archive[];
  readonly embedded: ReadonlyMap<Built['build'], readonly Embedded[]>;
  readonly go: Go;
  readonly toolchain: Toolchain;
  readonly release: Release;
}

/** The inputs that the bytes depend on; the rest says how fast and how loud. */
const telling = [
  ...['go-version', 'go-version-file', 'go-version-policy', 'packages', 'output', 'version', 'ldflags', 'tags'],
  ...['trimpath', 'buildmode', 'cgo', 'archives', 'archive-files', 'working-directory'],
] as const;

/** The statement on a build, without secrets and without folders of this machine. */
export function statementOn(
  course: Course,
  { inputs, directory }: Pick<SetupGoCross, 'inputs' | 'directory'>,
  env: NodeJS.ProcessEnv,
): Statement {
  const { built, archives, go, release } = course;
  const folder = join(directory, outputFolder);
  const given = Object.fromEntries(
    telling.flatMap(name => {
      const value: unknown = (inputs as Record<string, unknown>)[name];
      return value === undefined || value === '' || (Array.isArray(value) && value.length === 0) ? [] : [[name, value]];
    }),
  );
  const files = [...built.map(one => ({ path: one.build.output, sha256: one.sha256 })), ...archives];
  const statement = provenanceOf({
    subjects: files.map(({ path, sha256 }) => ({ name: portable(folder, path), sha256 })),
    inputs: { ...given, targets: [...new Set(built.map(one => formatTarget(one.build.target)))] },
    commands: built.map(({ build }) => ({
      subject: portable(folder, build.output),
      env: build.env,
      argv: ['go', 'build', ...build.flags, '-o', portable(directory, build.output), build.package.path],
    })),
    environment: Object.fromEntries(
      ['GOFLAGS', 'GOEXPERIMENT', 'GOFIPS140'].flatMap(name => {
        const value = name === 'GOFLAGS' ? go.settings.GOFLAGS : go.env[name];
        return value ? [[name, value]] : [];
      }),
    ),
    commit: release.commit,
    modified: release.changes.length > 0,
    toolchain: course.toolchain,
    modules: modulesOf(built),
    untracked: untrackedOf(course.embedded),
    builder: builderOf(env),
  });
  return hide(statement, hiddenOf(go, directory, inputs, env));
}

/** Every module that is in one of the programs, once. */
function modulesOf(built: readonly Built[]): Module[] {
  const all = built.flatMap(({ binary }) => binary.buildinfo.deps);
  const unique = new Map(all.map(module => [JSON.stringify(module), module]));
  return [...unique.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Embedded files that no commit holds, once. */
export function untrackedOf(embedded: Course['embedded']) {
  const all = [...embedded.values()].flat().filter(file => file.ignored);
  const unique = new Map(all.map(({ path, sha256 }) => [path, { name: path, sha256 }]));
  return [...unique.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function hiddenOf(go: Go, directory: string, inputs: SetupGoCross['inputs'], env: NodeJS.ProcessEnv): Hidden {
  const given = [inputs.token, inputs['private-token']].filter(secret => secret !== undefined && secret !== '');
  const folders = {
    [homedir()]: '~',
    [env['RUNNER_TEMP'] ?? '']: '$RUNNER_TEMP',
    [env['GITHUB_WORKSPACE'] ?? '']: '.',
    [directory]: '.',
    [go.goroot]: '$GOROOT',
    [go.settings.GOMODCACHE]: '$GOMODCACHE',
  };
  return { secrets: [...given, ...secretsOf(env)] as string[], folders };
}

/** Every text of the statement, redacted; names of fields are ours. */
function hide(value: Statement, hidden: Hidden): Statement {
  return JSON.parse(JSON.stringify(value), (_, one: unknown) => (typeof one === 'string' ? redact(one, hidden) : one));
}
