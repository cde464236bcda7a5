import { resolve } from 'node:path';
import { SlipwayError } from '../core/errors.ts';
import { readIfThere } from '../core/files.ts';
import { directives } from './directives.ts';

/** Of what the inputs write, a drop-in may add more of these. */
const additive = ['After', 'Wants', 'Environment', 'EnvironmentFile', 'LoadCredential'];
const longest = 64 * 1024;

/**
 * The text of the input `drop-in`, or of the file that it names; empty where there is none.
 *
 * @param given text with a section in it, else a path
 * @throws INPUT_INVALID
 */
export async function readDropIn(given: string | undefined, directory: string): Promise<string> {
  if (given === undefined) return '';
  const text = /^\s*\[/m.test(given) ? given : await readIfThere(resolve(directory, given.trim()));
  if (text === undefined)
    throw invalid(
      `it is the path of no file: ${given.trim()}`,
      'Give the text with its [Service] line, or the path of a file.',
    );
  const lines = text.replaceAll('\r\n', '\n').trim().split('\n');
  checkLines(lines);
  return `${lines.join('\n')}\n`;
}

/** The file on the host; its mark says whose it is. Pure. */
export function renderDropIn(text: string, directory: string): string {
  return `# Written by Slipway; a change made here is overwritten by the next deployment.\n[Unit]\nX-Slipway=${directory}\n\n${text}`;
}

/** Whether each is a line of a drop-in that leaves alone what makes the release; what systemd makes of it, it says itself. */
function checkLines(lines: readonly string[]): void {
  if (lines.join('\n').length > longest) throw invalid('it is longer than 64 kB', 'Shorten it.');
  let section = '';
  let goesOn = false;
  for (const [index, line] of lines.entries()) {
    const at = `line ${index + 1}: `;
    if (/[^\P{Cc}\t]/u.test(line)) throw invalid(`${at}it holds a control character`, 'Take it out.');
    const isValue = goesOn;
    const isComment = /^\s*([#;]|$)/.test(line);
    goesOn = isComment ? goesOn : line.endsWith('\\');
    if (isValue || isComment) continue;
    const [, head] = /^\[(.+)\]$/.exec(line) ?? [];
    if (head !== undefined) {
      if (head !== 'Unit' && head !== 'Service')
        throw invalid(`${at}there is no [${head}] here`, 'A drop-in of a release has [Unit] and [Service].');
      section = head;
      continue;
    }
    const [, name] = /^([A-Za-z][A-Za-z0-9-]*)\s*=/.exec(line) ?? [];
    if (name === undefined || section === '')
      throw invalid(
        `${at}${JSON.stringify(line)} is not Directive=value below a section`,
        'Write it as systemd.unit(5) says.',
      );
    const input = additive.includes(name) ? undefined : directives.get(name)?.input;
    if (input !== undefined) throw invalid(`${at}${name} is written by the input "${input}"`, 'Leave it out here.');
  }
  if (goesOn) throw invalid('its last line goes on in a next one', 'Take the backslash away.');
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', `input "drop-in": ${message}`, { hint: `Nothing was changed. ${hint}` });
}
