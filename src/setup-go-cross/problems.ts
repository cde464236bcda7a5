import { isAbsolute, join, relative, sep } from 'node:path';
import { error } from '@actions/core';

/** A place in the source that the go command, vet or a test complains of. */
export interface Problem {
  /** Absolute path; undefined where nothing says which file it is. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly message: string;
  /** What found it: `go vet`, `TestX`. */
  readonly title: string;
}

/** As in `matchers.json`: `internal/x/x.go:3:23: undefined: y`, of vet with `vet: ` before it; `go.mod:5: unknown directive`. */
const source = /^(?:vet: )?((?:[A-Za-z]:)?[^\s:][^:]*\.go):(\d+):(\d+): (.+)$/;
const moduleFile = /^((?:[A-Za-z]:)?(?:[^\s:][^:]*[\\/])?go\.(?:mod|work|sum)):(\d+)(?::(\d+))?: (.+)$/;

/**
 * The problems in what the go command printed, each once. A tab begins a line that belongs to the message before it.
 *
 * @param directory where the go command ran: its paths are relative to it
 */
export function problemsIn(lines: readonly string[], directory: string, title: string): Problem[] {
  const found: { file: string; line: number; column: number | undefined; message: string; title: string }[] = [];
  let open = false;
  for (const text of lines) {
    const match = source.exec(text) ?? moduleFile.exec(text);
    if (match !== null) {
      const [, path = '', line, column, message = ''] = match;
      const file = isAbsolute(path) ? path : join(directory, path);
      found.push({ file, line: Number(line), column: column === undefined ? column : Number(column), message, title });
    } else if (open && text.startsWith('\t')) found.at(-1)!.message += `\n${text}`;
    open = match !== null || (open && text.startsWith('\t'));
  }
  const keys = found.map(problem => JSON.stringify(problem));
  return found.filter((_, index) => keys.indexOf(keys[index]!) === index);
}

/** The problems in what a go command printed before it failed. */
export function problemsOf(failure: unknown, directory: string, title: string): Problem[] {
  const { stderr, cause } = (failure ?? {}) as { stderr?: string; cause?: unknown };
  if (typeof stderr === 'string') return problemsIn(stderr.split('\n'), directory, title);
  return cause === undefined ? [] : problemsOf(cause, directory, title);
}

/** A runner shows ten errors of a step; the last is the one that says why the step failed. */
const most = 9;

/** Shows problems as annotations: at their line, where it is known. */
export function annotate(problems: readonly Problem[], env: NodeJS.ProcessEnv = process.env): void {
  const workspace = env['GITHUB_WORKSPACE'] || process.cwd();
  for (const { file, line, column, message, title } of problems.slice(0, most)) {
    error(message, {
      title,
      ...(file === undefined ? {} : { file: fromWorkspace(file, workspace) }),
      ...(line === undefined ? {} : { startLine: line }),
      ...(column === undefined ? {} : { startColumn: column }),
    });
  }
}

function fromWorkspace(file: string, workspace: string): string {
  const path = relative(workspace, file);
  return path.startsWith('..') ? file : path.split(sep).join('/');
}
