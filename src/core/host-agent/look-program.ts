import { readFile } from 'node:fs/promises';

/** The program that answers `look` on hosts where no agent is installed. An installed agent answers that, too. */
export async function lookProgram(): Promise<string> {
  // written out, not computed: the bundler copies the files that it finds in such expressions
  const parts = [
    readFile(new URL('./assets/talk.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/look.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/look-nas.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/only-look.sh', import.meta.url), 'utf8'),
  ];
  return (await Promise.all(parts)).join('\n').replaceAll('\r', '');
}
