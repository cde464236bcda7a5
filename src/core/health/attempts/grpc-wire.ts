import { ProbeFailure } from '../observation.ts';

/** HealthCheckResponse.ServingStatus. https://github.com/grpc/grpc-proto/blob/master/grpc/health/v1/health.proto */
export const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/** No health answer is as long as this. */
const messageLimit = 4096;

/** HealthCheckRequest {string service = 1} as a gRPC message: a flag, four bytes of length, the bytes. */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const field =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(field.length, 1);
  return Buffer.concat([head, field]);
}

/** The whole messages in what came so far. */
export function splitMessages(bytes: Buffer): { messages: Buffer[]; rest: Buffer } {
  const messages: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= 5) {
    const length = bytes.readUInt32BE(at + 1);
    if (bytes[at] !== 0) throw new ProbeFailure('protocol', 'the answer is compressed, which nobody asked for');
    if (length > messageLimit) throw new ProbeFailure('protocol', `a health answer of ${length} bytes`);
    if (bytes.length - at - 5 < length) break;
    messages.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return { messages, rest: bytes.subarray(at) };
}

/** HealthCheckResponse {ServingStatus status = 1}; other fields are passed over. */
export function servingStatus(message: Buffer): number {
  let status = 0;
  let at = 0;
  const next = () => {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = message[at++];
      if (byte === undefined || shift > 28) throw new ProbeFailure('protocol', 'the answer is no HealthCheckResponse');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      shift += 7;
    }
  };
  while (at < message.length) {
    const tag = next();
    if ((tag & 7) === 0) {
      const value = next();
      if (tag >> 3 === 1) status = value;
    } else if ((tag & 7) === 2) {
      const length = next(); // moves `at` itself
      at += length;
    } else throw new ProbeFailure('protocol', 'the answer is no HealthCheckResponse');
  }
  return status;
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];
}
