import { dirname, isAbsolute, join, sep } from 'node:path';
import type { Problem } from '../problems.ts';
import type { Failure } from './report.ts';

/** Folders of the packages under test, by import path. */
export type Folders = ReadonlyMap<string, string>;

/** `    x_test.go:9: want 1`: the testing package names files without their folder. */
const logged = /^ +((?:[A-Za-z]:)?[^\s:][^:]*\.go):(\d+): (.*)$/;
/** A frame of a stack: a tab, the file, the line. */
const frame = /^\t(.+\.go):(\d+)(?: \+0x[0-9a-f]+)?$/;

/**
 * A failed test as an annotation: what it said, at the place where it said it last (t.Fatal ends a test); a panic and a
 * test that took too long at the innermost line of theirs that belongs to the packages under test.
 */
export function problemOf(failure: Failure, folders: Folders): Problem {
  const folder = folders.get(failure.package) ?? '';
  const panic = failure.lines.findIndex(line => /^(panic|fatal error): /.test(line));
  const place = panic < 0 ? placeOfLog(failure.lines, folder) : placeOfStack(failure, folders, panic);
  const message = (panic < 0 ? failure.lines : paragraph(failure.lines.slice(panic))).map(unindented).join('\n').trim();
  return {
    ...place,
    title: failure.test ?? failure.package,
    message: shortened(message === '' ? `${failure.test ?? failure.package} failed` : message),
  };
}

const unindented = (line: string) => line.replace(logged, '$1:$2: $3').replace(/^ {8}/, '  ');

/** Up to the first empty line: the stack stands behind it. */
function paragraph(lines: readonly string[]): readonly string[] {
  const end = lines.indexOf('');
  return end < 0 ? lines : lines.slice(0, end);
}

function placeOfLog(lines: readonly string[], folder: string): { file?: string; line?: number } {
  const match = lines.map(line => logged.exec(line)).findLast(found => found !== null);
  if (match === undefined || match === null) return {};
  const [, path = '', line] = match;
  return { file: isAbsolute(path) ? path : join(folder, path), line: Number(line) };
}

/** Of a test that took too long the goroutine counts that is in the test, not the one with the alarm. */
function placeOfStack({ lines, package: path, test }: Failure, folders: Folders, from: number) {
  const stack = lines.slice(from);
  const call = test === undefined ? -1 : stack.findIndex(line => line.startsWith(`${path}.${test.split('/')[0]}`));
  const frames = stack.map((text, index) => ({ index, match: frame.exec(text) }));
  const ours = frames.flatMap(({ index, match }) => {
    const file = match === null ? undefined : inFolders(match[1]!, folders);
    return file === undefined ? [] : [{ index, file, line: Number(match![2]) }];
  });
  const timedOut = /^panic: test timed out/.test(stack[0]!);
  const found = (timedOut ? ours.find(({ index }) => index > call) : undefined) ?? ours[0];
  return found === undefined ? {} : { file: found.file, line: found.line };
}

/** A frame's file names its folder, or with -trimpath its package. */
function inFolders(path: string, folders: Folders): string | undefined {
  const byPackage = folders.get(dirname(path));
  if (byPackage !== undefined) return join(byPackage, path.split('/').at(-1)!);
  const folder = dirname(path.split('/').join(sep));
  return [...folders.values()].includes(folder) ? path : undefined;
}

function shortened(text: string): string {
  const lines = text.split('\n');
  return lines.length > 15 ? [...lines.slice(0, 15), '…'].join('\n') : text;
}
