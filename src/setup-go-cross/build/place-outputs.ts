import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { owner, removeAbandoned } from '../temporary.ts';
import type { Build } from './plan.ts';

/**
 * Gives finished programs their own names. First whatever can fail for want of space (a copy, where the output lies on
 * another disk), then the renames. A record of an earlier run goes before them: it would say of these files what is not true.
 */
export async function placeOutputs(
  files: readonly { readonly from: string; readonly to: string }[],
  stale: readonly string[],
): Promise<void> {
  const ready: { from: string; to: string }[] = [];
  const copies: string[] = [];
  try {
    for (const { from, to } of files) {
      const folder = dirname(to);
      await mkdir(folder, { recursive: true });
      if ((await stat(from)).dev === (await stat(folder)).dev) ready.push({ from, to });
      else {
        const copy = join(folder, `.${owner}-${basename(to)}.part`);
        await removeAbandoned(folder, name => /^\.[0-9a-f]{8}-\d+-.*\.part$/.test(name));
        copies.push(copy);
        await copyFile(from, copy);
        ready.push({ from: copy, to });
      }
    }
    for (const path of stale) await rm(path, { force: true });
    for (const { from, to } of ready) await rename(from, to);
  } finally {
    await Promise.all(copies.map(path => rm(path, { force: true })));
  }
}

/**
 * What the template `output` must not name, found before anything is built.
 *
 * @throws SlipwayError OUTPUT_IS_FOLDER, OUTPUT_RESERVED
 */
export async function assertOutputs(builds: readonly Build[], outputFolder: string): Promise<void> {
  for (const { output } of builds) {
    const found = await stat(output).catch(() => undefined);
    if (found?.isDirectory() || output === outputFolder) {
      throw new SlipwayError('OUTPUT_IS_FOLDER', `the output ${output} is a folder`, {
        hint: 'Name the file in it as well, e.g. out/{name}-{target}{ext}.',
      });
    }
    if (dirname(output) === outputFolder && /^((release|provenance).*\.json|SHA256SUMS)$/.test(basename(output))) {
      throw new SlipwayError('OUTPUT_RESERVED', `the output ${output} is where the record and the sums are written`, {
        hint: 'Give the program another name, e.g. slipway-out/{name}-{target}{ext}.',
      });
    }
  }
}
