/** What such a file says. Pure. */
export function readEnvironment(text: string): Record<string, string> {
  const found = text.matchAll(/^([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"$/gms);
  return Object.fromEntries([...found].map(([, name, value]) => [name, value!.replaceAll(/\\(.)/gs, '$1')]));
}

/** An EnvironmentFile= (systemd.exec(5)): every value in double quotes, in which only `"`, `\`, `` ` `` and `$` are special. */
export function renderEnvironment(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${value.replaceAll(/["\\`$]/g, '\\$&')}"\n`)
    .join('');
}
