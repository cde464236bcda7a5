import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readExecutable, readGoBinary } from '../core/binary/index.ts';
import { SlipwayError } from '../core/errors.ts';
import { sha256File } from '../core/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { formatTarget, parseTarget, type Target } from '../core/target.ts';
import { fits, machineOf } from './machine.ts';

/** A binary on this machine that could be released. */
export interface Artifact {
  /** Absolute. */
  readonly path: string;
  readonly target: Target;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** What attests it, and whose key; absent where nobody asked. */
  readonly attestedBy?: string;
}

/** The candidates of the record, or the one file that the input `binary` names. */
export async function readArtifacts(
  record: ReleaseRecord,
  binary: string | undefined,
  directory: string,
): Promise<Artifact[]> {
  const ofRecord = record.binaries.filter(one => one.target.startsWith('linux/'));
  if (binary === undefined) {
    const packages = [...new Set(ofRecord.map(one => one.package))];
    if (packages.length > 1) {
      throw missing(
        `the record has binaries of ${packages.length} packages: ${packages.join(', ')}`,
        'Name one of them by the input "binary".',
      );
    }
    if (ofRecord.length === 0)
      throw missing(
        'there is no Linux binary in the record, and the input "binary" is empty',
        'Build one first, or give its path.',
      );
  }
  const named = ofRecord.filter(
    one => binary === undefined || one.package === binary || one.package.endsWith(`/${binary}`),
  );
  if (binary === undefined || named.length > 0) {
    return named.map(one => ({ path: one.path, target: parseTarget(one.target), sha256: one.sha256, size: one.size }));
  }
  return [await readFileArtifact(resolve(directory, binary))];
}

async function readFileArtifact(path: string): Promise<Artifact> {
  const { format, machine } = await readExecutable(path);
  if (format !== 'elf') throw missing(`${path} is no Linux program (${format})`, 'Give an ELF binary.');
  // another language's program has no build information: its header must do
  const target = await readGoBinary(path).then(
    go => go.target,
    () => ({ os: 'linux', arch: machine }),
  );
  return { path, target, sha256: await sha256File(path), size: (await stat(path)).size };
}

/**
 * The artifact that this machine runs best: of several variants, the newest that fits; of arm64's the oldest, as the
 * kernel does not say which of them the processor has.
 *
 * @param cpu what /proc/cpuinfo says that the processor can do
 */
export function chooseArtifact(artifacts: readonly Artifact[], uname: string, cpu: readonly string[] = []): Artifact {
  const machine = machineOf(uname, cpu);
  const best = artifacts
    .filter(one => fits(one.target, machine))
    .sort((a, b) => (b.target.variant ?? '').localeCompare(a.target.variant ?? ''))
    .at(machine.arch === 'arm64' ? -1 : 0);
  if (best !== undefined) return best;
  const there = artifacts.map(one => formatTarget(one.target)).join(', ');
  const { os, arch } = machine;
  const newer = artifacts.some(one => one.target.arch === arch);
  throw new SlipwayError(
    'ARCHITECTURE_MISMATCH',
    `this host is ${uname} (${formatTarget(machine)}); the binaries are for ${there}`,
    {
      hint: newer
        ? `Its processor is older than what they need: add ${os}/${arch} or ${formatTarget(machine)} to the targets of the build.`
        : `Add ${formatTarget({ os, arch, ...(arch === 'arm' ? { variant: machine.variant! } : {}) })} to the targets of the build.`,
    },
  );
}

function missing(message: string, hint: string): SlipwayError {
  return new SlipwayError('BINARY_MISSING', message, { hint: `Nothing was changed. ${hint}` });
}
