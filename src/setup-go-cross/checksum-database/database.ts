import { SlipwayError } from '../../core/errors.ts';
import { parseVerifier, type Verifier } from './note.ts';

/** The key of sum.golang.org, as it is built into the go command (cmd/go/internal/modfetch/key.go). */
const knownKeys: Record<string, string> = {
  'sum.golang.org': 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8',
};

/** A checksum database: its key, and where it is when no module proxy passes it on. */
export interface Database {
  readonly verifier: Verifier;
  readonly url: string;
}

/**
 * GOSUMDB as the go command reads it: `NAME`, `NAME+HASH+KEY`, either with a URL behind it.
 *
 * @throws SlipwayError GOSUMDB_OFF: a toolchain is never installed unchecked, as in the go command itself
 */
export function parseGoSumDb(setting: string): Database {
  const [name = 'sum.golang.org', url] = setting.trim().split(/\s+/).filter(Boolean);
  if (name === 'off') {
    throw new SlipwayError('GOSUMDB_OFF', 'GOSUMDB=off: a toolchain from GOPROXY could not be checked', {
      hint: 'Unset GOSUMDB for this step; the go command refuses such a toolchain as well.',
    });
  }
  // The mirror in China serves the same database, signed by the same key.
  const mirrored = name === 'sum.golang.google.cn';
  const verifier = parseVerifier(knownKeys[mirrored ? 'sum.golang.org' : name] ?? name);
  return { verifier, url: (url ?? `https://${mirrored ? name : verifier.name}`).replace(/\/+$/, '') };
}
