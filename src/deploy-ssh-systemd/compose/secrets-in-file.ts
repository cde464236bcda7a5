import { isMap } from '../../core/is-map.ts';
import type { Around, Project } from './project.ts';

const secretName = /passw(or)?d|secret|token|api_?key|private_?key|credential/i;
/** `scheme://user:password@host`, its password written out. */
const secretUrl = /[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:[^\s/@$]+@/i;

/** From elsewhere, without a value that stands in for it. */
const putIn = /^\$(\w+|\{\w+(:?\?[^}]*)?\})$/;

/** What of a compose file is secret, without the secrets themselves; empty when nothing is. Pure. */
export function secretsIn(text: string, { services }: Project, around: Around): string[] {
  const found = Object.entries(services).flatMap(([service, { environment }]) =>
    variablesOf(environment)
      .filter(([name, value]) => isSecret(name, value))
      .map(([name]) => `the service ${service} has a secret written out, ${name}`),
  );
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) found.push('it has a private key');
  for (const [name, value] of Object.entries({ ...around.secretEnvironment, ...around.credentials }))
    if (value.length > 7 && text.includes(value)) found.push(`it has the value of ${name}`);
  // what compose puts in becomes an argument of podman, which everybody on the host can read
  for (const name of Object.keys(around.secretEnvironment))
    if (new RegExp(`\\$(\\{${name}\\b|${name}\\b)`).test(text))
      found.push(`it has the secret ${name} put in, which makes it an argument that others can read`);
  return found;
}

function isSecret(name: string, value: string): boolean {
  if (value === '' || putIn.test(value)) return false;
  return secretUrl.test(value) || (secretName.test(name) && !/_(FILE|PATH)$/i.test(name));
}

/** Of a map or a list; a name without a value is passed through, and has none. */
function variablesOf(environment: unknown): [string, string][] {
  const lines = isMap(environment)
    ? Object.entries(environment).map(([name, value]) => `${name}=${value ?? ''}`)
    : Array.isArray(environment)
      ? environment.map(String)
      : [];
  return lines.map(line => {
    const at = line.indexOf('=');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
}
