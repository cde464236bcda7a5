// Which Debian mirror the machine uses: read from its apt configuration, so that the base tree comes from where the
// machine's own packages come from.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { capture } from '../run.mjs';

const DEBIAN_SUITES = /^(oldstable|stable|testing|unstable|sid|buster|bullseye|bookworm|trixie|forky|duke)$/;

/**
 * Parses one-line sources (`deb [options] URI SUITE COMPONENT...`).
 * Returns [{ uris, suites, components }].
 */
export function parseOneLine(text) {
  return text.split('\n').flatMap(line => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    return match ? [{ uris: [match[1]], suites: [match[2]], components: words(match[3]) }] : [];
  });
}

/** Parses deb822 sources (stanzas of `Key: value`, continued lines, comments). Returns [{ uris, suites, components }]. */
export function parseDeb822(text) {
  const lines = text
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .join('\n');
  return lines.split(/\n\s*\n/).flatMap(stanza => {
    const fields = {};
    for (const [, key, value] of stanza.matchAll(/^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)/gm))
      fields[key.toLowerCase()] = words(value);
    const enabled = !/^(no|false|0)$/i.test(fields.enabled?.[0] ?? 'yes');
    if (!enabled || !fields.types?.includes('deb')) return [];
    return [{ uris: fields.uris ?? [], suites: fields.suites ?? [], components: fields.components ?? [] }];
  });
}

/** The first http, https or file URI of a source that is Debian's own archive; undefined where there is none. */
export function chooseMirror(sources) {
  for (const { uris, suites, components } of sources) {
    if (!components.includes('main') || !suites.some(suite => DEBIAN_SUITES.test(suite))) continue;
    // Sources of others use Debian's suite names too; Debian's archive ends in /debian on its mirrors and snapshots.
    const uri = uris.find(
      candidate => /^(https?|file):/.test(candidate) && /\/debian(\/\d{8}T\d{6}Z)?\/?$/.test(candidate),
    );
    if (uri) return uri.replace(/\/$/, '');
  }
  return undefined;
}

/**
 * The mirror of this machine (undefined: debootstrap knows Debian's own), and the environment with apt's proxy, which
 * debootstrap does not read by itself.
 */
export async function machineMirror(root = '/etc/apt') {
  const files = [
    `${root}/sources.list`,
    ...(existsSync(`${root}/sources.list.d`)
      ? readdirSync(`${root}/sources.list.d`)
          .sort()
          .map(file => `${root}/sources.list.d/${file}`)
      : []),
  ];
  const sources = files
    .filter(file => existsSync(file))
    .flatMap(file => {
      if (file.endsWith('.sources')) return parseDeb822(readFileSync(file, 'utf8'));
      return file.endsWith('.list') ? parseOneLine(readFileSync(file, 'utf8')) : [];
    });
  const mirror = chooseMirror(sources);
  const protocol = mirror === undefined ? 'http' : new URL(mirror).protocol.slice(0, -1);
  const proxy = await aptProxy(protocol);
  return { mirror, env: proxy ? { [`${protocol}_proxy`]: proxy } : {} };
}

async function aptProxy(protocol) {
  const { stdout } = await capture(['apt-config', 'shell', 'PROXY', `Acquire::${protocol}::Proxy`]).catch(() => ({
    stdout: '',
  }));
  const proxy = /^PROXY='(.*)'$/m.exec(stdout)?.[1];
  return proxy && proxy !== 'DIRECT' ? proxy : undefined;
}

const words = text => text.split(/\s+/).filter(Boolean);
