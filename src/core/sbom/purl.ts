import { createHash } from 'node:crypto';

/**
 * `pkg:golang/github.com/acme/hello@v1.2.3#cmd/hello`. The type's rules want the path in lower case
 * (https://github.com/package-url/purl-spec, golang); `+` of `+incompatible` is escaped as any other sign.
 */
export function purlOf(path: string, version?: string, inside?: string): string {
  const quoted = (text: string) => encodeURIComponent(text).replaceAll('%3A', ':');
  const name = path.toLowerCase().split('/').map(quoted).join('/');
  const at = version === undefined || version === '' ? '' : `@${quoted(version)}`;
  const subpath = inside === undefined || inside === '' ? '' : `#${inside.split('/').map(quoted).join('/')}`;
  return `pkg:golang/${name}${at}${subpath}`;
}

/** A UUID (version 8, RFC 9562: of the maker's own design) that is the same for the same text. */
export function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
