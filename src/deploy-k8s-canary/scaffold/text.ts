/** The first lines of every manifest. */
export function head(apiVersion: string, kind: string, name: string, what: string): string {
  return `# Written by \`slipway scaffold\`. Change what you like: a rerun keeps your changes.
apiVersion: ${apiVersion} # version of the API that the next line belongs to
kind: ${kind} # ${what}
# How the object is called; its namespace is the deployment’s.
metadata:
  name: ${name} # together with the kind it says which object this is`;
}

/** The labels by which objects of the program are found, so many blanks deep. */
export function labels(name: string, depth: number, key = 'labels', why = 'By what the object is found.'): string {
  const indent = ' '.repeat(depth);
  return `${indent}# ${why}
${indent}${key}:
${indent}  app.kubernetes.io/name: ${name} # the program`;
}

/** Lines of a part so many blanks deeper. */
export function indented(text: string, depth: number): string {
  return text
    .split('\n')
    .map(line => (line === '' ? line : ' '.repeat(depth) + line))
    .join('\n');
}

/** Parts that there are, joined; a part that does not apply is left out with its line. */
export function parts(...texts: readonly (string | false | undefined)[]): string {
  return texts.filter(text => typeof text === 'string' && text !== '').join('\n');
}
