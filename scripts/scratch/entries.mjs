// What is in the layer below programs on `scratch`: certificates where Go and OpenSSL look for them, zone data, users
// with names, a home and a /tmp.
import { createHash } from 'node:crypto';

/** The user of an image unless another is asked for: the number that distroless images have made usual. */
const nonroot = 65_532;

const passwd = `root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:${nonroot}:${nonroot}:nonroot:/home/nonroot:/sbin/nologin
`;
const group = `root:x:0:
nobody:x:65534:
nonroot:x:${nonroot}:
`;

/** Entries for src/core/tar.ts. `zones`: `{ name: 'Europe/Berlin', data }`, in any order. */
export function scratchEntries(certificates, zones) {
  const folder = (name, mode = 0o755) => ({ name, mode });
  return [
    folder('etc/'),
    { name: 'etc/group', mode: 0o644, content: Buffer.from(group) },
    { name: 'etc/passwd', mode: 0o644, content: Buffer.from(passwd) },
    folder('etc/ssl/'),
    folder('etc/ssl/certs/'),
    { name: 'etc/ssl/certs/ca-certificates.crt', mode: 0o644, content: certificates },
    folder('home/'),
    { name: 'home/nonroot/', mode: 0o700, uid: nonroot, gid: nonroot },
    folder('tmp/', 0o1777),
    folder('usr/'),
    folder('usr/share/'),
    ...zoneEntries('usr/share/zoneinfo/', zones),
  ];
}

/** A folder before what is in it. A third of the zones are other names of one: hard links, which halve the layer. */
function zoneEntries(top, zones) {
  const sorted = zones.filter(({ name }) => !name.endsWith('/')).sort((a, b) => (a.name < b.name ? -1 : 1));
  const folders = new Set(
    sorted.flatMap(({ name }) =>
      name
        .split('/')
        .slice(0, -1)
        .map((_, i, all) => `${all.slice(0, i + 1).join('/')}/`),
    ),
  );
  const first = new Map();
  const files = sorted.map(({ name, data }) => {
    const sum = createHash('sha256').update(data).digest('hex');
    const target = first.get(sum);
    if (target !== undefined) return { name: `${top}${name}`, mode: 0o644, link: { kind: 'hard', target } };
    first.set(sum, `${top}${name}`);
    return { name: `${top}${name}`, mode: 0o644, content: data };
  });
  return [
    { name: top, mode: 0o755 },
    ...[...folders].sort().map(name => ({ name: `${top}${name}`, mode: 0o755 })),
    ...files,
  ];
}
