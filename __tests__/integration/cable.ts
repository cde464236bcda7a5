import { once } from 'node:events';
import { connect } from 'node:net';
import { run } from '../../src/core/process.ts';
import { eventually } from './eventually.ts';
import type { LabHost } from './lab.ts';

/** The host's cable. Pulled, nothing answers any more, not even with a refusal; put back, the way to the host is there in the end. */
export async function cable(host: LabHost, state: 'up' | 'down'): Promise<void> {
  await run(['ip', 'link', 'set', `slw${host.address.split('.')[3]}`, state], { timeout: 10_000 });
  if (state === 'down') return;
  await eventually(async () => {
    const socket = connect({ host: host.address, port: host.port });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(2000) });
    } finally {
      socket.destroy();
    }
  });
}
