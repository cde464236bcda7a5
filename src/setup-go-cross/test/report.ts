/** One line of `go test -json` (`go doc test2json`). Since Go 1.24 the output of compilers comes as events, too. */
interface Event {
  readonly Action: string;
  readonly Package?: string;
  readonly Test?: string;
  readonly Output?: string;
  readonly ImportPath?: string;
  readonly FailedBuild?: string;
}

/** A test, or a whole package, that failed. */
export interface Failure {
  readonly package: string;
  /** `TestX/sub`; undefined where the package failed outside of a test: it does not compile, or ended by os.Exit. */
  readonly test?: string | undefined;
  /** What it printed, without the go command's own marks. */
  readonly lines: readonly string[];
  readonly compiles: boolean;
}

/** Reads the events of `go test -json` as they come. */
export class TestReport {
  readonly failures: Failure[] = [];
  /** Packages that ended, and tests and subtests that ran. */
  packages = 0;
  tests = 0;
  readonly #printed = new Map<string, string>();
  readonly #failed = new Map<string, Set<string>>();
  readonly #running = new Set<string>();
  readonly #said: string[] = [];

  /** What runs now, the longest first: `example.com/x TestSlow`. */
  get running(): string[] {
    return [...this.#running].filter(name => ![...this.#running].some(other => other.startsWith(`${name}/`)));
  }

  /** Lines that are no events: what go itself says, and the compilers of Go before 1.24. */
  get said(): readonly string[] {
    return this.#said;
  }

  /**
   * @param line of stdout or stderr
   * @returns what `go test` without -json would say of a package that has ended
   */
  add(line: string): string[] {
    const event = parse(line);
    if (event === undefined) {
      this.#said.push(line);
      return [];
    }
    const name = event.Package === undefined ? `build ${event.ImportPath}` : nameOf(event.Package, event.Test);
    if (event.Output !== undefined) this.#printed.set(name, (this.#printed.get(name) ?? '') + event.Output);
    if (event.Package === undefined) return [];
    if (event.Action === 'run') this.#running.add(name);
    if (!['pass', 'fail', 'skip'].includes(event.Action)) return [];
    this.#running.delete(name);
    return event.Test === undefined ? this.#packageEnded(event.Package, event) : this.#testEnded(name, event);
  }

  #testEnded(name: string, { Package: path = '', Test: test = '', Action: action }: Event): string[] {
    if (action !== 'skip') this.tests++;
    if (action === 'fail') {
      const failed = this.#failed.get(path) ?? new Set();
      this.#failed.set(path, failed.add(test));
    } else this.#printed.delete(name);
    return [];
  }

  #packageEnded(path: string, { Action: action, FailedBuild: build }: Event): string[] {
    this.packages++;
    const own = this.#linesOf(nameOf(path));
    if (action !== 'fail') return own.filter(line => /^(ok|\?) /.test(line.replace('\t', ' '))).slice(-1);
    const failed = [...(this.#failed.get(path) ?? []), ...this.#cutShort(path)];
    // A test fails with its subtest; what it said itself is then seldom of interest.
    const leaves = failed.filter(test => !failed.some(other => other.startsWith(`${test}/`)));
    for (const test of leaves) {
      const lines = this.#linesOf(nameOf(path, test)).filter(line => !marks.test(line));
      this.failures.push({ package: path, test, lines, compiles: true });
    }
    if (leaves.length === 0) {
      const output = build === undefined ? own.filter(line => !marks.test(line)) : this.#linesOf(`build ${build}`);
      this.failures.push({ package: path, lines: output, compiles: !isBuildFailure(own, build) });
    }
    return own.slice(-1);
  }

  /** Tests that were running when their package ended: one took too long or ended the process; the others say nothing. */
  #cutShort(path: string): string[] {
    const cut = [...this.#running].filter(name => name.startsWith(`${path} `));
    for (const name of cut) this.#running.delete(name);
    this.tests += cut.length;
    const telling = cut.filter(name => this.#linesOf(name).some(line => line !== '' && !marks.test(line)));
    const chosen = telling.length === 0 && !this.#failed.has(path) ? cut : telling;
    return chosen.map(name => name.slice(path.length + 1));
  }

  #linesOf(name: string): string[] {
    return (this.#printed.get(name) ?? '').replace(/\n$/, '').split('\n');
  }
}

const marks = /^\s*(=== (RUN|PAUSE|CONT|NAME)\s|--- (FAIL|PASS|SKIP): |(FAIL|PASS)$)/;

const nameOf = (path: string, test?: string) => (test === undefined ? path : `${path} ${test}`);

const isBuildFailure = (lines: readonly string[], build: string | undefined) =>
  build !== undefined || lines.some(line => /^FAIL\t\S+ \[(build|setup) failed\]$/.test(line));

function parse(line: string): Event | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const event = JSON.parse(line) as Event;
    return typeof event.Action === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}
