/**
 * What is left of a license's text (`fingerprint`) → its SPDX id. Made from the texts of SPDX's list
 * (https://github.com/spdx/license-list-data, as the npm package spdx-license-list 6.12.0 has them). The GPL's are not
 * here: their text does not say whether a later version may be taken as well.
 */
export const known: Readonly<Record<string, string>> = {
  e867db5b342ed2ff57e62e14b2ee0ac5: 'Apache-2.0',
  '1143e727bfe6647c960b8437e6eb0c43': 'MIT',
  '07ebe349652110c81751d9def0412b00': 'BSD-3-Clause',
  a0e3cb10fabefaab3018fb55404788e4: 'BSD-2-Clause',
  '915ff5a538bc242867929d522fcc72fe': 'ISC',
  '626159502d2b9fa7232341b4b6e5f2ca': 'MPL-2.0',
  df95dde51d460c0b8ad75266f67bb523: 'Unlicense',
  '8079e069f261be65badd025b1c85c895': 'CC0-1.0',
  bc82daff361737e4fbc6e91becc05c95: 'Zlib',
  '652874ee16bb0346a022658e23a246cb': '0BSD',
};
