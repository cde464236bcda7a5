import type { TlsCheck } from '../check.ts';
import { openThrough } from '../proxy.ts';
import { secure } from '../tls.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';

/** The handshake; names, chain, dates and version are judged there. */
export async function tls(check: TlsCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  const stream = await openThrough({ ...check, secure: true }, { ...options, route: check }, trace);
  try {
    const secured = await secure(stream, check.host, { ...check, signal: options.signal }, trace);
    secured.destroy();
  } finally {
    stream.destroy();
  }
  const { names, subject, validTo, protocol } = trace.certificate!;
  const days = Math.floor((Date.parse(validTo) - Date.now()) / 86_400_000);
  return `${protocol}, certificate for ${names.join(', ') || subject}, valid for ${days} more days`;
}
