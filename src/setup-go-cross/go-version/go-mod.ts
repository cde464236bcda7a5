import { SlipwayError } from '../../core/errors.ts';
import { compareGo, formatGoVersion, isOldNaming, parseGoVersion } from './go-version.ts';

/** The two lines of go.mod or go.work that decide on the toolchain. */
export interface GoLines {
  /** `1.26.8`; undefined where there is none. */
  readonly go: string | undefined;
  /** `go1.26.8` or `default`. */
  readonly toolchain: string | undefined;
}

/** Reads the `go` and `toolchain` lines; both may also stand in a parenthesized block, as every directive may. */
export function parseGoLines(text: string): GoLines {
  const found: { go?: string; toolchain?: string } = {};
  let block: string | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\/\/.*$/, '').trim();
    if (line === ')') block = undefined;
    const [first = '', second = ''] = block === undefined ? line.split(/\s+/) : [block, line];
    if (second === '(') block = first;
    else if ((first === 'go' || first === 'toolchain') && second !== '' && second !== ')') found[first] ??= second;
  }
  return { go: found.go, toolchain: found.toolchain };
}

/**
 * The toolchain that the go command would use at least (cmd/go/internal/toolchain): the `toolchain` line where it is
 * newer than the `go` line; since Go 1.21 `go 1.26` means 1.26.0, never the newest patch.
 *
 * @returns undefined when there is no `go` line, or it is older than any that says something
 */
export function toolchainOf(lines: GoLines, file: string): string | undefined {
  const read = (name: 'go' | 'toolchain', text: string | undefined) => {
    if (text === undefined || text === 'default') return undefined;
    try {
      return parseGoVersion(name === 'toolchain' ? text.replace(/-.*$/, '') : text);
    } catch (error) {
      throw new SlipwayError('GO_VERSION_INVALID', `the line "${name} ${text}" of ${file} names no version of Go`, {
        hint: name === 'go' ? 'Write e.g. go 1.26.8.' : 'Write e.g. toolchain go1.26.8.',
        cause: error,
      });
    }
  };
  const [go, toolchain] = [read('go', lines.go), read('toolchain', lines.toolchain)];
  if (go === undefined) return toolchain && formatGoVersion(toolchain);
  if (toolchain !== undefined && compareGo(toolchain, go) > 0) return formatGoVersion(toolchain);
  const isLanguage = go.patch === undefined && go.pre === undefined && !isOldNaming(go.major, go.minor);
  return formatGoVersion(isLanguage ? { ...go, patch: 0 } : go);
}
