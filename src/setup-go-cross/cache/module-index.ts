import { open, readFile } from 'node:fs/promises';
import pMap from 'p-map';
import { entries, outputOf } from './working-set.ts';

/** What such an output begins with (cmd/go/internal/modindex, indexVersion). */
const head = 'go index v';

/**
 * How many files of the build cache are the go command's index of packages and the actions that lead to it. It is kept under the times
 * of the packages' files, which each checkout and each unpacked Go have anew: new ones say nothing of the build.
 */
export async function countIndexes(build: string): Promise<number> {
  const paths = await entries(build);
  const outputs = new Set<string>();
  const each = (kind: string, look: (path: string) => Promise<void>) =>
    pMap(
      paths.filter(path => path.endsWith(kind)),
      look,
      { concurrency: 32 },
    );
  await each('-d', async path => {
    if ((await beginning(path)) === head) outputs.add(path);
  });
  if (outputs.size === 0) return 0;
  let count = outputs.size;
  await each('-a', async path => {
    const output = outputOf(build, await readFile(path, 'latin1'));
    if (output !== undefined && outputs.has(output)) count++;
  });
  return count;
}

/** Empty for a folder, which an output can be, too. */
async function beginning(path: string): Promise<string> {
  await using file = await open(path, 'r');
  if ((await file.stat()).isDirectory()) return '';
  const { buffer, bytesRead } = await file.read(Buffer.alloc(head.length), 0, head.length, 0);
  return buffer.toString('latin1', 0, bytesRead);
}
