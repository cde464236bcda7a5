import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { type Finished, run } from '../../core/process.ts';
import { formatDuration } from '../../core/units.ts';
import { openGroup, plain, printGroup } from '../groups.ts';
import { problemsIn } from '../problems.ts';
import { progressLine } from '../progress.ts';
import { failed, type Outcome, passed, testWithin } from './outcome.ts';
import type { TestedPackages } from './packages.ts';
import { problemOf } from './place.ts';
import { type Failure, TestReport } from './report.ts';
import type { TestSettings } from './run-tests.ts';

/** `go test`, read event by event. The tests do not see the private token: vet has downloaded what they import. */
export async function goTest(
  { go, directory, signal }: TestSettings,
  flags: readonly string[],
  { patterns, folders }: TestedPackages,
): Promise<Outcome> {
  if (folders.size === 0) return {};
  const [command, began] = [['go', 'test', ...flags, ...patterns].join(' '), Date.now()];
  const report = new TestReport();
  const code = await inGroup(command, report, folders.size, onLine =>
    run([go.program, 'test', '-json', ...flags, ...patterns], {
      cwd: directory,
      env: Object.fromEntries(Object.entries(go.env).filter(([name]) => !name.startsWith('SLIPWAY_PRIVATE_TOKEN_'))),
      timeout: testWithin,
      signal,
      onLine,
    }),
  );
  const { packages, tests, failures } = report;
  if (code === 0) {
    log.info(`${command}: ${tests} tests in ${packages} packages passed in ${formatDuration(Date.now() - began)}`);
    return { run: { ...passed(command, began), packages, tests } };
  }
  for (const failure of failures) printGroup(`FAIL ${titleOf(failure)}`, failure.lines);
  const problems = [
    ...failures.filter(({ compiles }) => compiles).map(failure => problemOf(failure, folders)),
    ...problemsIn([...failures.flatMap(({ lines }) => lines), ...report.said], directory, 'go test'),
  ];
  const error = new SlipwayError('TESTS_FAILED', explain(command, report), {
    hint: 'Nothing was built. The whole output of each test stands above.',
  });
  return { run: { ...failed(command, began), packages, tests }, failure: { error, problems } };
}

async function inGroup(
  command: string,
  report: TestReport,
  packages: number,
  start: (onLine: (line: string) => void) => Promise<Finished>,
): Promise<number> {
  using _group = openGroup(command);
  using _progress = progressLine(elapsed => {
    const [now, ...more] = report.running;
    const what = now === undefined ? '' : `; now ${now}${more.length > 0 ? ` and ${more.length} more` : ''}`;
    return `go test: ${report.packages} of ${packages} packages after ${elapsed}${what}`;
  });
  const { code } = await start(line => {
    for (const text of report.add(line)) log.info(plain(text));
  }).catch(error => {
    if (error instanceof SlipwayError && error.code === 'PROCESS_FAILED') return error.cause as Finished;
    throw error;
  });
  return code;
}

const titleOf = ({ package: path, test, compiles }: Failure) =>
  test === undefined ? `${path}${compiles ? '' : ' (does not compile)'}` : `${path} ${test}`;

/** First what failed, by package as they may end in any order, then the beginning of what the first of them said. */
function explain(command: string, { failures: ended, packages, said }: TestReport): string {
  if (ended.length === 0) return `${command} failed: ${said.slice(-20).join('\n')}`;
  const failures = [...ended].sort((a, b) => (a.package === b.package ? 0 : a.package < b.package ? -1 : 1));
  const names = failures.slice(0, 10).map(titleOf);
  const more = failures.length > names.length ? `, and ${failures.length - names.length} more` : '';
  const where = new Set(failures.map(failure => failure.package)).size;
  const head = `${command} failed in ${where} of ${packages} packages: ${names.join(', ')}${more}`;
  const first = [...failures[0]!.lines, ...(failures[0]!.compiles ? [] : said)];
  return [head, ...first.slice(0, 20)].join('\n');
}
