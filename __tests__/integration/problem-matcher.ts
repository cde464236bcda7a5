import { readFileSync } from 'node:fs';

interface Pattern {
  readonly regexp: string;
  readonly file?: number;
  readonly line?: number;
  readonly column?: number;
  readonly code?: number;
  readonly message?: number;
  readonly loop?: boolean;
}

const fields = ['file', 'line', 'column', 'code', 'message'] as const;
/** What the runner would show. */
export type Issue = { owner: string } & { [F in (typeof fields)[number]]?: string };
type Match = Omit<Issue, 'owner'>;

/**
 * Reads lines by problem matchers as the runner does (actions/runner, IssueMatcher.cs and OutputManager.cs): its regular
 * expressions are ECMAScript's; a later pattern needs the match of the one before on the line before; the last may
 * repeat; a match ends the running ones of all others; an empty message is no issue.
 */
export function readByMatchers(file: string, lines: readonly string[]): Issue[] {
  const config = JSON.parse(readFileSync(file, 'utf8')) as { problemMatcher: { owner: string; pattern: Pattern[] }[] };
  const matchers = config.problemMatcher.map(({ owner, pattern }) => ({ owner, matcher: new Matcher(pattern) }));
  return lines.flatMap(line => {
    for (const { owner, matcher } of matchers) {
      const match = matcher.match(line);
      if (match === undefined) continue;
      for (const other of matchers) if (other.matcher !== matcher) other.matcher.reset();
      if (match.message?.trim()) return [{ owner, ...match }];
    }
    return [];
  });
}

class Matcher {
  readonly #patterns: Pattern[];
  #state: (Match | undefined)[] = [];

  constructor(patterns: Pattern[]) {
    this.#patterns = patterns;
  }

  reset(): void {
    this.#state = [];
  }

  match(line: string): Match | undefined {
    const last = this.#patterns.length - 1;
    for (let index = last; index >= 0; index--) {
      const before = index > 0 ? this.#state[index - 1] : undefined;
      if (index > 0 && before === undefined) continue;
      const pattern = this.#patterns[index]!;
      const found = new RegExp(pattern.regexp).exec(line);
      const match = found === null ? undefined : { ...valuesOf(pattern, found), ...before };
      if (index < last) this.#state[index] = match;
      else if (match === undefined) this.#state[index - 1] = undefined;
      else {
        this.reset();
        if (pattern.loop && index > 0) this.#state[index - 1] = before;
        return match;
      }
    }
    return undefined;
  }
}

function valuesOf(pattern: Pattern, found: RegExpExecArray): Match {
  const groups = fields.flatMap(name => {
    const group = pattern[name];
    return group === undefined ? [] : [[name, found[group] ?? '']];
  });
  return Object.fromEntries(groups) as Match;
}
