import type { ByteSource } from './bytes.ts';
import type { Executable } from './executable.ts';

/** First word of the header, big-endian, whatever the machine is (a.out(6)). */
export const plan9Machines: Record<number, string> = { 491: '386', 35479: 'amd64', 1607: 'arm' };
const wide = 0x8000;

/** Plan 9 a.out: a header, then text, then data. */
export async function readPlan9(source: ByteSource): Promise<Executable> {
  const header = await source.read(0, 32);
  const magic = header.readUInt32BE(0);
  const headerSize = (magic & wide) === 0 ? 32 : 40;
  return {
    format: 'plan9',
    machine: plan9Machines[magic]!,
    os: 'plan9',
    interpreter: undefined,
    layout: 'fixed',
    buildInfoRanges: [{ offset: headerSize + header.readUInt32BE(4), size: header.readUInt32BE(8) }],
  };
}
