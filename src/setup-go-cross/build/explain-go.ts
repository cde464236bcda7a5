import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import type { Finished } from '../../core/process.ts';
import { freeSpace, fullPlaces } from '../disk.ts';
import type { Go } from '../environment.ts';
import { advice, type Found, placesOf } from './go-advice.ts';

/**
 * Turns what the go command printed into an error with advice, where the cause is one of the usual ones. That the command
 * failed is known by its exit code: the text decides only which advice is given.
 */
export function explainGo(error: unknown, doing: string, go: Go, directory: string): unknown {
  if (!(error instanceof SlipwayError) || error.code !== 'PROCESS_FAILED') return error;
  const { stdout = '', stderr = error.message } = (error.cause ?? {}) as Partial<Finished>;
  const text = essence(stderr) || essence(stdout) || error.message;
  const { code, hint } = adviceOn({ go, directory, text, stderr }) ?? {
    code: 'GO_FAILED',
    hint: 'What the go command said stands above and below.',
  };
  return new SlipwayError(code, `${doing}: ${text}`, { hint, cause: error });
}

function adviceOn({ text, stderr, ...where }: Pick<Found, 'go' | 'directory' | 'text'> & { stderr: string }) {
  for (const { sign, code, hint } of advice) {
    const match = sign.exec(text);
    if (match === null) continue;
    const imported = importAt(text, where.directory);
    return { code, hint: hint({ ...where, text, match, imported, downloading: downloadsIn(stderr) }) };
  }
  // With a full GOCACHE go says that packages are "not in std", and no word of the disk.
  const full = fullPlaces(placesOf(where));
  return full.length === 0 ? undefined : { code: 'DISK', hint: `A disk is full: ${freeSpace(full)}.` };
}

/** The end of what go printed, without its progress and the names of the packages that it compiled (alone, or after #). */
function essence(printed: string): string {
  const lines = printed.split('\n').filter(line => !/^(go: (downloading|finding|extracting) |# |[^\s:]+$)/.test(line));
  return lines.join('\n').trim().split('\n').slice(-20).join('\n');
}

/** `example.com/dep@v1.0.0, …`: what go announced. */
function downloadsIn(stderr: string): string {
  const names = [...stderr.matchAll(/^go: downloading (\S+) (\S+)$/gm)].map(
    ([, module, version]) => `${module}@${version}`,
  );
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
}

/** For `main.go:3:8: …` the path that this line of the file imports. */
function importAt(text: string, directory: string): string | undefined {
  const [, file, line] = /^(\S+\.go):(\d+):\d+: /m.exec(text) ?? [];
  if (file === undefined) return undefined;
  try {
    const rows = readFileSync(resolve(directory, file), 'utf8').split('\n');
    return /"([^"]+)"/.exec(rows[Number(line) - 1] ?? '')?.[1];
  } catch {
    return undefined; // a file of another module, or a name that only looks like one
  }
}
