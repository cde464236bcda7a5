import { createHmac, randomBytes } from 'node:crypto';
import { SlipwayError } from '../core/errors.ts';
import { mapped, pairs, type Value } from '../core/values.ts';

/** Since then systemd hands a service files that only it can read (LoadCredential=, systemd.exec(5)). */
export const credentialsSince = 247;

/** File name → content, as the program finds them in $CREDENTIALS_DIRECTORY. */
export const credentials: Value<Record<string, string>> = mapped(
  pairs,
  'NAME=value, one a line, or a JSON object; names of letters, digits, dot, dash and underscore',
  map => {
    for (const name of Object.keys(map)) {
      if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(name))
        throw new SlipwayError('CREDENTIAL_INVALID', 'a name cannot be used');
    }
    return map;
  },
);

/** For a systemd without credentials: the same as variables; what cannot stand in a variable's name becomes `_`. */
export function asVariables(map: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map).map(([name, value]) => [
      name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9])/, '_'),
      value,
    ]),
  );
}

/** Says whether two releases have the same secrets, and nothing else of them. */
export type Fingerprint = (values: Readonly<Record<string, string>>) => string;

/**
 * A bare hash in a release's id would let short values be guessed from the log. So it is keyed by what the runner alone has
 * and has each time, the SSH key. Without one every release with secrets is a new one.
 *
 * @param key text of the private key
 */
export function fingerprintBy(key: string | undefined): Fingerprint {
  const secret = createHmac('sha256', 'slipway secrets')
    .update(key ?? randomBytes(32))
    .digest();
  return values => {
    const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.length === 0 ? '' : createHmac('sha256', secret).update(JSON.stringify(sorted)).digest('hex');
  };
}
