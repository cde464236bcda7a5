import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * Parses a file command file of the runner (GITHUB_OUTPUT, GITHUB_STATE): `name=value` lines and
 * `name<<DELIMITER … DELIMITER` blocks.
 */
export function parseFileCommands(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const block = /^([^=]+?)<<(.+)$/.exec(line);
    if (block !== null) {
      const end = lines.indexOf(block[2]!, i + 1);
      values[block[1]!] = lines.slice(i + 1, end < 0 ? undefined : end).join('\n');
      if (end < 0) break;
      i = end;
    } else if (line.includes('=')) {
      values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    }
  }
  return values;
}

/** Reads such a file; one that was never written is empty. */
export async function readFileCommands(file: string): Promise<Record<string, string>> {
  return parseFileCommands(await readFile(file, 'utf8').catch(() => ''));
}

/** A delimiter that the value does not hold, as @actions/core uses. */
export function formatFileCommand(name: string, value: string): string {
  const delimiter = `ghadelimiter_${randomUUID()}`;
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}
