/** The parts of ssh2 that present-certificate.ts needs and that are not public; the version is pinned for them. */
declare module 'ssh2/lib/protocol/utils.js' {
  export function sendPacket(protocol: object, packet: Buffer): boolean;
  /** From what OpenSSL or an agent gives to the form that stands in SSH's messages; false when it cannot. */
  export function convertSignature(signature: Buffer, keyType: string): Buffer | false;
}
