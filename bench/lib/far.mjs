// A TCP proxy that makes a server far away: every byte is on its way for half of the delay, there and back.
import { connect, createServer } from 'node:net';

/**
 * `delay` is a round trip in milliseconds; opening a connection costs nothing. `roundTrips()` counts since it was asked
 * the last time: an exchange is what goes from a request's first byte to its answer's last, and those that overlap are
 * one round trip. For HTTP/1.1, where a connection carries one exchange after the other.
 */
export async function startFar(target, delay) {
  const [host, port] = target.split(':');
  let exchanges = [];
  const sockets = new Set();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, near => {
    const far = connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true });
    let current;
    const asked = () => {
      if (current !== undefined && !current.answered) return;
      current = { start: performance.now(), end: Number.POSITIVE_INFINITY, answered: false };
      exchanges.push(current);
    };
    const answered = () => Object.assign(current ?? {}, { end: performance.now(), answered: true });
    later(near, far, { seen: asked });
    later(far, near, { arrived: answered });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('error', () => [near, far].map(one => one.destroy()));
      socket.once('close', () => sockets.delete(socket));
    }
  });
  function later(from, to, { seen = () => {}, arrived = () => {} }) {
    from.on('data', chunk => {
      seen();
      setTimeout(() => {
        if (!to.writable) return;
        to.write(chunk);
        arrived();
      }, delay / 2);
    });
    from.once('end', () => setTimeout(() => to.end(), delay / 2));
  }
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${server.address().port}`,
    roundTrips() {
      const counted = oneAfterTheOther(exchanges);
      exchanges = [];
      return counted;
    },
    async end() {
      for (const socket of sockets) socket.destroy();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** The most exchanges of which each began after the end of the one before. */
export function oneAfterTheOther(exchanges) {
  let [count, last] = [0, Number.NEGATIVE_INFINITY];
  for (const { start, end } of exchanges.toSorted((a, b) => a.end - b.end)) {
    if (start < last) continue;
    count++;
    last = end;
  }
  return count;
}
