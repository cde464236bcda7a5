import { type Linkage, readLinkage } from '../../core/binary/linkage.ts';
import { SlipwayError } from '../../core/errors.ts';
import { formatTarget, type Target } from '../../core/target.ts';
import type { Cgo } from './plan.ts';

/**
 * Reads back what only the headers of a program with C code can tell: whether it is static, and for arm which processor
 * the C code (its library above all) was compiled for.
 *
 * @throws SlipwayError CGO_NOT_STATIC, BINARY_NOT_AS_PLANNED
 */
export async function assertLinkage(name: string, target: Target, cgo: Cgo, file: string): Promise<void> {
  const linkage = await readLinkage(file);
  if (linkage === undefined) return;
  const what = `${name} for ${formatTarget(target)}`;
  if (cgo.static && (linkage.interpreter !== undefined || linkage.libraries.length > 0)) {
    throw new SlipwayError('CGO_NOT_STATIC', `${what} should be static, but ${needsOf(linkage)}`, {
      hint: `Look at CGO_LDFLAGS and at ${cgo.env['CC']}: something there undoes -static. For a dynamic program set ldflags to "-s -w -linkmode=external".`,
    });
  }
  const newer = newerThan(target, linkage);
  if (newer !== undefined) {
    throw new SlipwayError('BINARY_NOT_AS_PLANNED', `${what} is not what was planned: ${newer}`, {
      hint: `Its C code or C library was compiled for another processor: ${cgo.env['CC']} is not the compiler for this target.`,
    });
  }
}

/** `it asks for the loader /lib/ld-linux-aarch64.so.1 and the libraries libc.so.6`. */
export function needsOf({ interpreter, libraries }: Linkage): string {
  const parts = [
    ...(interpreter === undefined ? [] : [`the loader ${interpreter}`]),
    ...(libraries.length === 0 ? [] : [`the libraries ${libraries.join(', ')}`]),
  ];
  return `it asks for ${parts.join(' and ')}`;
}

/** Values of Tag_CPU_arch. */
const processors = ['before v4', 'v4', 'v4T', 'v5T', 'v5TE', 'v5TEJ', 'v6', 'v6KZ', 'v6T2', 'v6K', 'v7'];
/** v6T2 has instructions that the ARM1176 has not. */
const upTo: Record<string, readonly string[]> = {
  v5: processors.slice(0, 6),
  v6: processors.filter(name => name !== 'v6T2' && name !== 'v7'),
  v7: processors,
};

function newerThan({ arch, variant }: Target, { arm }: Linkage): string | undefined {
  if (arch !== 'arm' || arm === undefined || arm.cpu === undefined) return undefined;
  const processor = processors[arm.cpu] ?? `newer than v7 (${arm.cpu})`;
  if (!upTo[variant ?? 'v7']!.includes(processor)) {
    return `it holds instructions of ARM ${processor}, the plan says ${variant}`;
  }
  return undefined;
}
