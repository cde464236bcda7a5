import type { ReleaseRecord } from '../record/schema.ts';

/**
 * What makes two records of one version two releases, in words; undefined when they are the same. Evidence that differs
 * from run to run (how long tests took, when a statement was signed) does not count.
 */
export function difference(kept: ReleaseRecord, offered: ReleaseRecord): string | undefined {
  const [there, here] = [factsOf(kept), factsOf(offered)];
  const what = [...new Set([...there.keys(), ...here.keys()])].find(key => there.get(key) !== here.get(key));
  return what === undefined
    ? undefined
    : `${what} is ${there.get(what) ?? 'not there'} in what is kept, ${here.get(what) ?? 'not there'} here`;
}

function factsOf({ name, commit, binaries, archives = [], images }: ReleaseRecord): Map<string, string> {
  return new Map([
    ['the name', name],
    ...(commit === undefined ? [] : ([['the commit', commit]] as const)),
    ...binaries.map(one => [`${one.package} for ${one.target}`, `sha256 ${one.sha256}`] as const),
    ...archives.map(one => [one.path, `sha256 ${one.sha256}`] as const),
    ...(images.length === 0
      ? []
      : ([
          [
            'the image',
            images
              .map(one => one.digest)
              .sort()
              .join(', '),
          ],
        ] as const)),
  ]);
}
