import fc from 'fast-check';

/** What a shell would run, were it ever to evaluate what it is sent: it makes this file, on the machine where it runs. */
export const marker = '/tmp/slipway-was-executed';

const pieces = [
  ...[
    `$(touch ${marker})`,
    `\`touch ${marker}\``,
    `';touch ${marker};'`,
    `";touch ${marker};"`,
    `\${x:=$(touch ${marker})}`,
  ],
  ...[`x[$(touch ${marker})]`, `\ntouch ${marker}\n`, `| touch ${marker}`, `&& touch ${marker}`, `; touch ${marker} ;`],
  ...[
    '-rf',
    '--',
    '-',
    '..',
    '../../etc',
    '/',
    '~',
    '*',
    '?',
    ' ',
    '  ',
    '\n',
    '\t',
    "'",
    '"',
    '\\',
    '\\n',
    ';',
    ' ; ',
    '$',
    '$$',
    '$HOME',
  ],
  ...[
    '%',
    '%n',
    '%h',
    '#',
    '!',
    '!!',
    '{a,b}',
    '=',
    '@ok',
    '@fact x eA==',
    'é',
    '\u2028',
    '\u0085',
    '😀',
    '\r',
    '\x1b[31m',
    'a',
    'name',
    '0',
    '',
  ],
];

/** Texts with quotes, blanks, line ends, substitutions, leading dashes; never NUL, which no input can hold. */
export const nasty: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 }).map(parts => parts.join('')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }).map(text => text.replaceAll('\0', '')) },
);
