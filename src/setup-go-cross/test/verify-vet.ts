import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Finished } from '../../core/process.ts';
import { explainGo } from '../build/explain-go.ts';
import type { Go } from '../environment.ts';
import { runGo } from '../go-command.ts';
import { openGroup, plain } from '../groups.ts';
import { problemsIn } from '../problems.ts';
import { progressLine } from '../progress.ts';
import { failed, type Outcome, passed, testWithin } from './outcome.ts';
import type { TestedPackages } from './packages.ts';
import type { TestSettings } from './run-tests.ts';

/** The modules in the module cache are those that go.sum names. What is vendored does not come from there. */
export async function verify({ go, directory, signal }: TestSettings): Promise<Outcome> {
  if (isVendored(go)) {
    log.info('go mod verify: left out, the modules are vendored');
    return {};
  }
  const [command, began] = ['go mod verify', Date.now()];
  const { code, lines } = await shown(command, ['mod', 'verify'], { go, directory, signal });
  if (code === 0) return { run: passed(command, began) };
  const changed = lines.filter(line => /: (dir|zip) has been modified/.test(line));
  const error =
    changed.length === 0
      ? explainGo(new SlipwayError('PROCESS_FAILED', lines.join('\n')), command, go, directory)
      : new SlipwayError('MODULES_CHANGED', `the module cache does not hold what go.sum says: ${changed.join('\n')}`, {
          hint: 'Nothing was built. Empty the module cache (go clean -modcache) and the runner’s cache that it came from.',
        });
  return { run: failed(command, began), failure: { error, problems: [] } };
}

export async function vet(
  { go, directory, signal }: TestSettings,
  flags: readonly string[],
  { patterns, folders }: TestedPackages,
): Promise<Outcome> {
  if (folders.size === 0) {
    log.info('go vet and go test: left out, the module has no packages of its own');
    return {};
  }
  const [command, began] = [['go', 'vet', ...flags, ...patterns].join(' '), Date.now()];
  const { code, lines } = await shown(command, ['vet', ...flags, ...patterns], { go, directory, signal });
  const packages = folders.size;
  if (code === 0) return { run: { ...passed(command, began), packages } };
  const problems = problemsIn(lines, directory, 'go vet');
  const [first, ...more] = problems;
  const seen = first === undefined ? '' : `: ${first.message.split('\n')[0]}`;
  const rest = more.length === 0 ? '' : `, and ${more.length} more`;
  const error = new SlipwayError('VET_FAILED', [`${command} failed${seen}${rest}`, ...lines.slice(0, 20)].join('\n'), {
    hint: 'Nothing was built. Run the command by hand to see the same.',
  });
  return { run: { ...failed(command, began), packages }, failure: { error, problems } };
}

/** Runs a command in a group of its own; what it prints is seen as it comes, and after 15 s that it still runs. */
async function shown(
  command: string,
  args: [string, ...string[]],
  { go, directory, signal }: Pick<TestSettings, 'go' | 'directory' | 'signal'>,
): Promise<{ code: number; lines: string[] }> {
  using _group = openGroup(command);
  using _progress = progressLine(elapsed => `${command}: running for ${elapsed}`);
  const lines: string[] = [];
  const onLine = (line: string) => {
    log.info(plain(line));
    lines.push(line);
  };
  const options = { cwd: directory, env: go.env, timeout: testWithin, signal, onLine };
  const { code } = await runGo(go, args, options).catch(error => {
    if (error instanceof SlipwayError && error.code === 'PROCESS_FAILED') return error.cause as Finished;
    throw error;
  });
  return { code, lines };
}

/** As the go command decides it: a vendor folder beside go.work or go.mod is used unless -mod says otherwise. */
function isVendored({ settings: { GOFLAGS, GOMOD, GOWORK } }: Go): boolean {
  const file = GOWORK !== '' && GOWORK !== 'off' ? GOWORK : GOMOD;
  return !/-mod=(mod|readonly)\b/.test(GOFLAGS) && existsSync(join(dirname(file), 'vendor', 'modules.txt'));
}
