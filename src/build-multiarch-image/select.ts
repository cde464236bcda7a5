import { glob, stat } from 'node:fs/promises';
import { basename, resolve, sep } from 'node:path';
import { SlipwayError } from '../core/errors.ts';
import { sha256File } from '../core/files.ts';
import { log } from '../core/log.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { formatPlatform, formatTarget, type Platform, parseTarget, platformOf, type Target } from '../core/target.ts';
import { checkTarget, type ImageBinary, inspect, programName } from './binary.ts';
import { type Named, parseTemplate } from './template.ts';

/** The Linux binaries of a record. Their files are read later, and must then be what was recorded. */
export async function fromRecord(record: ReleaseRecord): Promise<ImageBinary[]> {
  const linux = record.binaries.filter(binary => binary.target.startsWith('linux/'));
  return Promise.all(
    linux.map(async binary => {
      const target = parseTarget(binary.target);
      await mustExist(binary.path);
      const found = await inspect(binary.path);
      checkTarget(binary.path, target, found.target);
      const unnamed = binary.package === '' || binary.package === '.' || binary.package === 'command-line-arguments';
      return {
        target,
        package: binary.package,
        name: unnamed ? record.name : programName(binary.package),
        path: binary.path,
        size: binary.size,
        sha256: binary.sha256,
      };
    }),
  );
}

/** The Linux programs that globs and templates find. What a path says about a program must agree with its bytes. */
export async function fromPatterns(
  patterns: readonly string[],
  directory: string,
  signal: AbortSignal,
): Promise<ImageBinary[]> {
  const all = await Promise.all(patterns.map(pattern => findFiles(pattern, directory)));
  const named = new Map(all.flat().map(one => [one.path, one.named]));
  const binaries = await Promise.all([...named].map(([path, said]) => readOne(path, said, signal)));
  return binaries.filter(binary => binary !== undefined);
}

/** Throws when a record names other bytes for a program that the input `binaries` found: one of the two is not this release. */
export function mustAgree(record: ReleaseRecord, binaries: readonly ImageBinary[]): void {
  for (const binary of binaries) {
    const target = formatTarget(binary.target);
    const known = record.binaries.find(one => one.package === binary.package && one.target === target);
    if (known === undefined || known.sha256 === binary.sha256) continue;
    throw new SlipwayError(
      'RECORD_CONFLICT',
      `${binary.path} has the sha256 ${binary.sha256}, but the record has ${known.sha256} for ${binary.package} ${target}`,
      { hint: 'Leave out "binaries" to ship what the record names, or give the record of this build.' },
    );
  }
}

async function findFiles(pattern: string, directory: string): Promise<{ path: string; named: Named }[]> {
  const template = parseTemplate(pattern);
  const found = (await Array.fromAsync(glob(template.glob, { cwd: directory }))).sort().flatMap(path => {
    const named = template.read(path.split(sep).join('/'));
    return named === undefined ? [] : [{ path: resolve(directory, path), named }];
  });
  const files = [];
  for (const one of found) if ((await stat(one.path)).isFile()) files.push(one);
  if (files.length === 0) {
    throw new SlipwayError('BINARY_MISSING', `input "binaries": no file fits "${pattern}" in ${directory}`, {
      hint: 'Build first, or correct the pattern; words in braces: {name} {os} {arch} {variant} {ext}.',
    });
  }
  return files;
}

async function readOne(path: string, said: Named, signal: AbortSignal): Promise<ImageBinary | undefined> {
  const found = await inspect(path);
  const target: Target = { ...found.target, ...(said.variant === undefined ? {} : { variant: said.variant }) };
  if (said.os !== undefined || said.arch !== undefined) {
    checkTarget(
      path,
      { ...target, ...(said.os && { os: said.os }), ...(said.arch && { arch: said.arch }) },
      found.target,
    );
  } else if (said.variant !== undefined) checkTarget(path, target, found.target);
  if (target.os !== 'linux') {
    log.info(`${path} is for ${formatTarget(target)}: left out of the image`);
    return undefined;
  }
  const fileName = basename(path).replace(/[-_.]linux[-_.].*$/, '');
  const name = said.name ?? (found.package === undefined ? fileName : programName(found.package));
  const { size } = await stat(path);
  return { target, package: found.package ?? name, name, path, size, sha256: await sha256File(path, signal) };
}

async function mustExist(path: string): Promise<void> {
  const info = await stat(path).catch(() => undefined);
  if (info?.isFile()) return;
  throw new SlipwayError('BINARY_MISSING', `${path}, which the record names, is not there`, {
    hint: 'Download the artifact with the binaries into the same folder as the record.',
  });
}

/** The programs of one platform, by name. */
export interface PlatformBinaries {
  readonly platform: Platform;
  readonly binaries: readonly ImageBinary[];
}

/**
 * Sorts programs by platform and takes the wanted platforms (`os/arch[/variant]`; empty: all). Every platform must have
 * the same programs, each once.
 */
export function byPlatform(binaries: readonly ImageBinary[], wanted: readonly string[]): PlatformBinaries[] {
  const groups = Map.groupBy(binaries, binary => formatPlatform(platformOf(binary.target)));
  const there = [...groups.keys()].sort();
  const missing = wanted.filter(platform => !groups.has(platform));
  if (there.length === 0 || missing.length > 0) {
    const what = missing.length === 0 ? 'no Linux binary' : `no binary for ${missing.join(', ')}`;
    throw new SlipwayError('PLATFORM_MISSING', `there is ${what}`, {
      hint: `There are binaries for: ${there.join(', ') || 'no Linux platform'}. Build the others, or change "platforms".`,
    });
  }
  const chosen = there.filter(platform => wanted.length === 0 || wanted.includes(platform));
  const result = chosen.map(platform => {
    const sorted = groups.get(platform)!.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { platform: platformOf(sorted[0]!.target), binaries: sorted };
  });
  const names = (one: PlatformBinaries) => one.binaries.map(binary => binary.name).join(', ');
  for (const one of result) {
    const twice = one.binaries.find((binary, index) => one.binaries[index + 1]?.name === binary.name);
    if (twice !== undefined) {
      throw new SlipwayError(
        'BINARY_AMBIGUOUS',
        `two programs "${twice.name}" are for ${formatPlatform(one.platform)}`,
        {
          hint: 'Name the binaries one by one, or choose "platforms" so that one is left.',
        },
      );
    }
    if (names(one) !== names(result[0]!)) {
      throw new SlipwayError(
        'PLATFORM_DIFFERS',
        `${formatPlatform(one.platform)} has ${names(one)}, but ${formatPlatform(result[0]!.platform)} has ${names(result[0]!)}`,
        { hint: 'Build every program for every platform, or choose "platforms".' },
      );
    }
  }
  return result;
}
