import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { identifyLicense } from '../../../src/setup-go-cross/licenses/identify.ts';

const mit = readFileSync(join(import.meta.dirname, '..', '..', '..', 'LICENSE'), 'utf8');
const bsd = (third: string, owner = 'THE COPYRIGHT HOLDERS AND CONTRIBUTORS') => `Copyright (c) 2013, Patrick Mezard
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

   * Redistributions of source code must retain the above copyright notice,
this list of conditions and the following disclaimer.
   * Redistributions in binary form must reproduce the above copyright notice,
this list of conditions and the following disclaimer in the documentation
and/or other materials provided with the distribution.
${third}
THIS SOFTWARE IS PROVIDED BY ${owner} "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE
ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT OWNER OR CONTRIBUTORS BE
LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR
CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF
SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS
INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN
CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE)
ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE
POSSIBILITY OF SUCH DAMAGE.
`;
const third = `   * Neither the name of Acme Inc. nor the names of its contributors may be
used to endorse or promote products derived from this software without
specific prior written permission.
`;

describe('the license of a text', () => {
  test.each([
    ['our own', mit, 'MIT'],
    ['without its title, by others', mit.replace(/^.*\n/, '\nCopyright 2020 The Authors, all of them\n'), 'MIT'],
    ['on one line', mit.replaceAll('\n', ' ').replace(/^.*?(?=Permission)/, ''), 'MIT'],
    ['with the line ends of Windows', mit.replaceAll('\n', '\r\n'), 'MIT'],
    ['two clauses', bsd(''), 'BSD-2-Clause'],
    ['three clauses', bsd(third), 'BSD-3-Clause'],
    ['three clauses, by a company', bsd(third, 'ACME, INC.'), 'BSD-3-Clause'],
  ])('%s', (_, text, id) => expect(identifyLicense(text)).toBe(id));

  test.each([
    ['nothing', ''],
    ['a condition in front', `“Commons Clause” License Condition v1.0\n\nYou may not sell the Software.\n\n${mit}`],
    ['a condition behind', `${mit}\nThe Software may not be used for evil.\n`],
    ['a changed word', mit.replace('without restriction', 'with restriction')],
    ['two licenses in one', `${mit}\n${bsd(third)}`],
    ['a fourth clause', bsd(`${third}   * All advertising materials must display an acknowledgement.\n`)],
    ['a name only', 'MIT\n'],
  ])('is not stated for %s', (_, text) => expect(identifyLicense(text)).toBeUndefined());
});
