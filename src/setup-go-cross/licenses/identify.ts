import { createHash } from 'node:crypto';
import { known } from './known.ts';

/**
 * The SPDX id of a license's text; undefined for any text that is not, but for titles, names and years, one of the known
 * ones. Nothing is guessed: what was added, left out or changed makes it another text. Pure.
 */
export function identifyLicense(text: string): string | undefined {
  return known[fingerprint(text)];
}

/** sha256, shortened, of what is left of a license when names, titles and layout are taken away. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(normalized(text)).digest('hex').slice(0, 32);
}

const notice = /^\W*(?:portions )?copyright\b|^\W*©|^\W*all rights reserved\W*$/i;
const title =
  /^\W*(?:the )?(?:mit|isc|expat|zlib|apache|unlicense|(?:new |modified |simplified |revised )?bsd(?: [23][ -]clause)?|[23][ -]clause bsd)(?: licen[sc]e)?\W*(?:mit|isc|expat|bsd|x11)?(?: licen[sc]e)?\W*$|^\W*licen[sc]e\W*$/i;

function normalized(text: string): string {
  const lines = text.split(/\r?\n/);
  const first = lines.findIndex(line => line.trim() !== '' && !notice.test(line) && !title.test(line));
  const words = lines
    .slice(Math.max(0, first))
    .join(' ')
    .toLowerCase()
    .replaceAll(/https?:\/\//g, '')
    .replaceAll('licence', 'license')
    // Numbers and letters of lists, and "a": written in many ways, and nothing depends on them.
    .match(/[a-z0-9]{2,}/g);
  return names.reduce((left, [pattern, by]) => left.replace(pattern, by), (words ?? []).join(' '));
}

/** Where a text has the names of its authors, and what Apache's says after its end of how to use it. */
const names: readonly (readonly [RegExp, string])[] = [
  [/neither the names? of .{1,90}? nor the names of its (?:authors and )?contributors/, 'neither NAME'],
  [/software is provided by .{1,90}? as is and any/, 'software is provided by NAME as is and any'],
  [/in no event shall .{1,90}? be liable for any/, 'in no event shall NAME be liable for any'],
  [/is provided as is and .{1,90}? disclaims? all/, 'is provided as is and NAME disclaims all'],
  [
    /( end of terms and conditions)?( appendix how to apply .{1,700})?( copyright .{1,150} licensed under the apache license .{1,600} limitations under the license)?$/,
    '',
  ],
];
