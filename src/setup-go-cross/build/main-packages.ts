import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { formatTarget, goEnvironment, type Target, withVariant } from '../../core/target.ts';
import type { Go } from '../environment.ts';
import { runGo } from '../go-command.ts';
import { explainGo } from './explain-go.ts';
import { type MainPackage, programName } from './packages.ts';

/** What go sees for one target. */
export interface Listing {
  readonly target: string;
  readonly main: readonly MainPackage[];
  /** Named, and there, but without a Go file for this target. */
  readonly excluded: readonly string[];
}

/** Where and how packages are looked for. */
export interface Looking {
  readonly go: Go;
  /** As `go list` takes them; relative ones begin at the directory, in a workspace too. */
  readonly patterns: readonly string[];
  /** Comma-separated build tags. */
  readonly tags: string;
  /** Without GOOS and GOARCH. */
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
  readonly signal: AbortSignal;
}

/**
 * The main packages that the patterns match, each with the targets that build constraints take it from: a file list
 * differs from target to target, so go is asked for each. Dependencies are not looked at (`-find`, a tenth of the time):
 * what is wrong with them the build says.
 *
 * @throws SlipwayError NO_MAIN_PACKAGE, with the main packages that there are; NO_FILES_FOR_TARGET
 */
export async function mainPackages(looking: Looking, targets: readonly Target[]): Promise<MainPackage[]> {
  const listings = await listAll(looking, targets);
  const found = joinListings(listings);
  for (const { path, without } of found.filter(one => one.without !== undefined))
    log.warning(`${path} is not built for ${without!.join(', ')}: build constraints leave no Go file of it there`);
  const empty = listings.filter(({ main }) => main.length === 0);
  if (empty.length === 0) return found;
  const forThem = found.length === 0 ? '' : ` for ${empty.map(({ target }) => target).join(', ')}`;
  throw new SlipwayError(
    'NO_MAIN_PACKAGE',
    `no main package matches "${looking.patterns.join(' ')}"${forThem} in ${looking.directory}`,
    {
      hint:
        found.length === 0
          ? await hintOf(looking, targets[0]!)
          : 'Leave these targets out, or add a package that they have.',
    },
  );
}

/**
 * One list of all targets' packages. A package that was named must be there for every target; one that a pattern with
 * `...` matched is taken where it is, as the go command does.
 */
export function joinListings(listings: readonly Listing[]): MainPackage[] {
  const named = [...new Set(listings.flatMap(({ excluded }) => excluded))];
  const missing = named.map(path => {
    const [without, withIt] = [true, false].map(gone => listings.filter(one => one.excluded.includes(path) === gone));
    const there = withIt!.length === 0 ? '' : `; it has some for ${withIt!.map(({ target }) => target).join(', ')}`;
    return `build constraints exclude all Go files of ${path} for ${without!.map(({ target }) => target).join(', ')}${there}`;
  });
  if (missing.length > 0) {
    throw new SlipwayError('NO_FILES_FOR_TARGET', missing.join('; '), {
      hint: 'Its files are for other systems, or need CGO or a build tag: set targets, tags or cgo accordingly. A pattern like ./cmd/... takes only what a target has.',
    });
  }
  const packages = new Map(listings.flatMap(({ main }) => main).map(main => [main.path, main]));
  return [...packages.values()].map(main => {
    const without = listings.filter(one => !one.main.some(({ path }) => path === main.path)).map(one => one.target);
    return without.length === 0 ? main : { ...main, without };
  });
}

/** One listing serves all targets where no package was found by a pattern and none has a file for certain targets only. */
async function listAll(looking: Looking, targets: readonly Target[]): Promise<Listing[]> {
  const [first, ...others] = targets;
  const found = await listingOf(looking, first!);
  const named = looking.patterns.every(pattern => !/\.\.\.|^(all|cmd|std|main|work|tool)$/.test(pattern));
  if (named && found.forAll) return targets.map(target => ({ ...found, target: formatTarget(target) }));
  const concurrency = availableParallelism();
  return [found, ...(await pMap(others, target => listingOf(looking, target), { concurrency }))];
}

async function listingOf(looking: Looking, target: Target): Promise<Listing & { readonly forAll: boolean }> {
  const rows = await goList(looking, target, ['-e', ...looking.patterns]);
  const excluded = rows.filter(({ error }) => error.includes('build constraints exclude all Go files'));
  // Anything else is told best by go itself, without -e: this throws.
  if (rows.some(row => row.error !== '' && !excluded.includes(row))) await goList(looking, target, looking.patterns);
  return {
    target: formatTarget(target),
    main: rows
      .filter(({ name }) => name === 'main')
      .map(({ path, module, directory }) => ({ path, module, directory, name: programName(path) })),
    excluded: excluded.map(({ path }) => path),
    forAll: rows.every(({ ignored, error }) => ignored === '' && error === ''),
  };
}

async function goList({ go, tags, env, directory, signal }: Looking, target: Target, args: readonly string[]) {
  const own = tags === '' ? [] : [`-tags=${tags}`];
  const { stdout } = await runGo(go, ['list', '-find', '-f', row, ...own, ...args], {
    cwd: directory,
    env: { ...env, ...goEnvironment(withVariant(target)) },
    timeout: 10 * 60_000,
    signal,
  }).catch(error => {
    throw explainGo(error, 'listing the packages', go, directory);
  });
  const rows = stdout.split('\n').filter(line => line !== '');
  return rows.map(line => {
    const [name = '', path = '', module = '', folder = '', ignored = '', error = ''] = line.split('\t');
    return { name, path, module, directory: folder, ignored, error };
  });
}

/** A folder with nothing but tests has the name main, and no program. */
const row = [
  '{{if or .GoFiles .CgoFiles}}{{.Name}}{{end}}',
  '{{.ImportPath}}',
  '{{with .Module}}{{.Path}}{{end}}',
  '{{.Dir}}',
  '{{range .IgnoredGoFiles}}{{.}} {{end}}{{range .CgoFiles}}{{.}} {{end}}',
  '{{with .Error}}{{printf "%q" .Err}}{{end}}',
].join('\t');

async function hintOf(looking: Looking, target: Target): Promise<string> {
  const rows = await goList(looking, target, ['-e', './...']).catch(error => {
    log.debug(messageOf(error));
    return [];
  });
  const others = rows.filter(({ name }) => name === 'main').map(({ path }) => path);
  return others.length === 0
    ? 'Set working-directory to the folder of the module, or packages to import paths of programs.'
    : `Set packages to one of: ${others.join(', ')}.`;
}
