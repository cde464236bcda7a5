import type { Check } from '../check.ts';
import { ProbeFailure, type Reason } from '../observation.ts';
import type { ProbeOptions } from '../probe.ts';
import type { Trace } from '../trace.ts';
import { http } from './http.ts';
import { tcp } from './tcp.ts';

/** What every attempt gets: its signal is the end of its time. */
export type AttemptOptions = ProbeOptions & { readonly signal: AbortSignal };

/**
 * One attempt of a check of any kind; resolves with what was seen, for a person. What is not HTTP or TCP is loaded when it
 * is first needed: the first request of most users must not wait for it.
 *
 * @throws ProbeFailure, or the signal's reason
 */
export async function attempt(check: Check, options: AttemptOptions, trace: Trace): Promise<string> {
  if (!('down' in check && check.down)) return attemptOf(check, options, trace);
  const said = await attemptOf(check, options, trace).catch((error: unknown) => {
    if (!(error instanceof ProbeFailure)) throw error;
    return nobody.includes(error.reason) ? error : error.message;
  });
  if (said instanceof ProbeFailure) return `nobody answers: ${said.message}`;
  throw new ProbeFailure('answer', `it still answers: ${said}`);
}

/** Reasons that say of a place that nobody is there. */
const nobody: readonly Reason[] = ['dns', 'refused', 'unreachable', 'reset'];

async function attemptOf(check: Check, options: AttemptOptions, trace: Trace): Promise<string> {
  switch (check.kind) {
    case 'http':
      return http(check, options, trace);
    case 'tcp':
      return tcp(check, options, trace);
    case 'tls':
      return (await import('./tls.ts')).tls(check, options, trace);
    case 'grpc':
      return (await import('./grpc.ts')).grpc(check, options, trace);
    case 'dns':
      return (await import('./dns.ts')).dns(check, options, trace);
    case 'unit':
      return (await import('./unit.ts')).unit(check, options, trace);
    case 'workload':
      return (await import('./workload.ts')).workload(check, options, trace);
    case 'container':
      return (await import('./container.ts')).container(check, options, trace);
    case 'prometheus':
      return (await import('./prometheus.ts')).prometheus(check, options, trace);
    case 'image':
      return (await import('./image.ts')).image(check, options, trace);
    case 'command':
      return (await import('./command.ts')).command(check, options, trace);
  }
}
