/** What a 401 asks for (RFC 9110, 11.6.1; distribution's token specification). */
export interface Challenge {
  /** Lower case: `bearer`, `basic`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Reads a WWW-Authenticate header, which may hold several challenges. */
export function parseChallenges(header: string): Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  const token = /\s*,*\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/y;
  for (let match = token.exec(header); match !== null; match = token.exec(header)) {
    const [, name = '', quoted, plain] = match;
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) found.push({ scheme: name.toLowerCase(), parameters: {} });
    else if (found.length > 0) found.at(-1)!.parameters[name.toLowerCase()] = value;
  }
  return found;
}

/** The challenge that we can answer best: Bearer before Basic. */
export function chooseChallenge(header: string | undefined): Challenge | undefined {
  const all = parseChallenges(header ?? '');
  return (
    all.find(one => one.scheme === 'bearer' && one.parameters['realm'] !== undefined) ??
    all.find(one => one.scheme === 'basic')
  );
}
