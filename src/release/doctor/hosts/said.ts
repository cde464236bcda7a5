export const linesOf = (text = ''): string[] => text.split('\n').filter(line => line !== '');

/** `KEY=value` lines of systemctl show. */
export const propertiesOf = (text = ''): ReadonlyMap<string, string> =>
  new Map(linesOf(text).map(line => [line.replace(/=.*$/, ''), line.replace(/^[^=]*=/, '')]));
