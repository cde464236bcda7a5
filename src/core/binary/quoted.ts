const simple: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** What Go's strconv.Quote made, taken apart again; text without quotes is returned as it is. */
export function unquote(text: string): string {
  if (text.length < 2) return text;
  if (text.startsWith('`') && text.endsWith('`')) return text.slice(1, -1);
  if (!text.startsWith('"') || !text.endsWith('"')) return text;
  const bytes: Buffer[] = [];
  const escapes = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{3})|(.))|[^\\]+/gi;
  for (const [whole, x, u, wide, octal, other] of text.slice(1, -1).matchAll(escapes)) {
    if (x !== undefined) bytes.push(Buffer.from([Number.parseInt(x, 16)]));
    else if (octal !== undefined) bytes.push(Buffer.from([Number.parseInt(octal, 8)]));
    else if (u !== undefined || wide !== undefined)
      bytes.push(Buffer.from(String.fromCodePoint(Number.parseInt((u ?? wide)!, 16))));
    else bytes.push(Buffer.from(other === undefined ? whole : (simple[other] ?? other)));
  }
  return Buffer.concat(bytes).toString('utf8');
}
