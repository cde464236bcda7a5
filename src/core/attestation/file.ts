import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { sha256 } from '../files.ts';
import { readMessageSignature } from './bundle.ts';
import { peek } from './content.ts';
import { judge } from './judge.ts';
import { listReasons } from './reasons.ts';
import type { Requirement } from './signer.ts';

/** How bundles are called, as `cosign attest-blob --bundle` and `sign-blob --bundle` are told to write them. */
const suffix = '.sigstore.json';
/** Bytes; what is larger is no bundle of anybody. */
const largest = 32 * 1024 * 1024;

/**
 * A file must have a bundle beside it that attests what is required: a statement on its sha256, or a signature of its bytes.
 *
 * @returns what attests it: predicate type and whose signature
 * @throws ATTESTATION_MISSING
 */
export async function fileMustBeAttested(
  file: { readonly path: string; readonly sha256: string },
  requirement: Requirement,
): Promise<string> {
  const { path } = file;
  const folder = dirname(path);
  const digest = `sha256:${file.sha256}`;
  const refused: string[] = [];
  let hint: string | undefined;
  for (const name of await bundlesIn(folder)) {
    const own = name === `${basename(path)}${suffix}`;
    const bytes = await readBounded(join(folder, name));
    const content = bytes && peek(bytes);
    const ofBytes = bytes !== undefined && content === undefined && readMessageSignature(bytes) !== undefined;
    const about = content?.digests.includes(digest) ?? own;
    const judged =
      bytes === undefined || (content === undefined && !ofBytes)
        ? { why: 'it is no Sigstore bundle' }
        : content !== undefined && !about
          ? { why: 'it is on other binaries' }
          : await judge(bytes, digest, requirement, ofBytes ? await bytesOf(file) : undefined);
    if ('attestedBy' in judged) return judged.attestedBy;
    if (about || own) refused.push(`${name}: ${judged.why}`);
    if ((about || own) && 'hint' in judged) hint = judged.hint;
  }
  const seen = listReasons(refused) || `there is no bundle on it in ${folder} (NAME${suffix})`;
  throw new SlipwayError(
    'ATTESTATION_MISSING',
    `${path} has no ${requirement.type} by ${requirement.signer.name}: ${seen}`,
    {
      hint: `Nothing was changed. ${hint ?? `Attest it after the build: cosign attest-blob --bundle ${basename(path)}${suffix} …`}`,
    },
  );
}

/** Paths of the bundles beside a file that are on it: those that name its sha256, and the one that is called like it. */
export async function bundlesOn(file: { readonly path: string; readonly sha256: string }): Promise<string[]> {
  const folder = dirname(file.path);
  const own = `${basename(file.path)}${suffix}`;
  const paths = (await bundlesIn(folder)).map(async name => {
    const bytes = await readBounded(join(folder, name));
    const content = bytes && peek(bytes);
    const about = content === undefined ? name === own : content.digests.includes(`sha256:${file.sha256}`);
    return bytes !== undefined && about ? [join(folder, name)] : [];
  });
  return (await Promise.all(paths)).flat();
}

async function bundlesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter(name => name.endsWith(suffix)).sort();
}

async function readBounded(path: string): Promise<Buffer | undefined> {
  return (await stat(path)).size > largest ? undefined : readFile(path);
}

/** A signature of the bytes themselves: they must be the ones that are released. */
async function bytesOf(file: { readonly path: string; readonly sha256: string }): Promise<Buffer | undefined> {
  const bytes = await readFile(file.path);
  return sha256(bytes) === file.sha256 ? bytes : undefined;
}
