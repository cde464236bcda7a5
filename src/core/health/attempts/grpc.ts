import type { GrpcCheck } from '../check.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { connectGrpc } from './grpc-call.ts';
import { ask, servingText } from './grpc-status.ts';
import { WatchStream } from './grpc-watch.ts';

/**
 * Asks `grpc.health.v1.Health`. With `watch`, the attempts of a gate share one stream (Watch); a single attempt waits on one
 * of its own until the service says SERVING.
 */
export async function grpc(check: GrpcCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  const { kept, only } = options;
  if (check.watch && kept !== undefined) {
    const stream = kept.stream(only?.address ?? '', () => new WatchStream(() => kept.tell()));
    return stream.attempt(check, options, trace);
  }
  using connection = await connectGrpc(check, options, trace);
  const method = check.watch ? 'Watch' : 'Check';
  return servingText(check, await ask(method, check, connection, options.signal, trace));
}
