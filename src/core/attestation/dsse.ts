/** What is really signed: type and content with their lengths, so that one cannot pass for the other (DSSE, protocol.md). */
export function preAuthEncoding(type: string, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload]);
}

/** https://github.com/secure-systems-lab/dsse/blob/master/envelope.md; bytes are base64. */
export interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly sig: string; readonly keyid?: string }[];
}
