/** What the linker wrote about the processor: the highest that any part of the program needs. */
export interface ArmAttributes {
  /** Tag_CPU_arch: 4 is v5TE, 6 v6, 10 v7; undefined where nothing says it. */
  readonly cpu: number | undefined;
  /** Whether floats are passed in registers of the floating-point unit (Tag_ABI_VFP_args). */
  readonly hardFloat: boolean;
}

const vendor = 'aeabi';
const ofFile = 1;
const Tag_CPU_arch = 6;
const Tag_ABI_VFP_args = 28;
const Tag_compatibility = 32;

/**
 * Reads the section `.ARM.attributes`: `A`, then parts with length and vendor; in that of `aeabi` parts with tag and
 * size, of which the one for the whole file counts; in it pairs of a tag and a value.
 * Source: "Addenda to, and Errata in, the ABI for the Arm Architecture", build attributes (github.com/ARM-software/abi-aa).
 */
export function parseArmAttributes(section: Buffer, little: boolean): ArmAttributes {
  const u32 = (at: number) => (little ? section.readUInt32LE(at) : section.readUInt32BE(at));
  const found = new Map<number, number>();
  for (let part = 1; part + 4 < section.length; ) {
    const end = Math.min(section.length, part + Math.max(5, u32(part)));
    const name = section.toString('latin1', part + 4, part + 4 + vendor.length + 1);
    for (let at = part + 4 + vendor.length + 1; name === `${vendor}\0` && at + 5 <= end; ) {
      const size = Math.max(5, u32(at + 1));
      if (section[at] === ofFile) readPairs(section.subarray(at + 5, Math.min(end, at + size)), found);
      at += size;
    }
    part = end;
  }
  return { cpu: found.get(Tag_CPU_arch), hardFloat: found.get(Tag_ABI_VFP_args) === 1 };
}

function readPairs(bytes: Buffer, found: Map<number, number>): void {
  let at = 0;
  const number = () => {
    for (let [value, shift] = [0, 1]; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = number();
    // Up to 32 each tag has its own kind of value (4 and 5 are names); above, odd tags are text and even ones numbers.
    const isText = tag === 4 || tag === 5 || (tag > Tag_compatibility && tag % 2 === 1);
    if (!isText) found.set(tag, number());
    if (isText || tag === Tag_compatibility) {
      const end = bytes.indexOf(0, at);
      at = end < 0 ? bytes.length : end + 1;
    }
  }
}
