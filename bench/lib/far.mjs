// A TCP proxy that makes a server far away: every byte is on its way for half of the delay, there and back.
import { connect, createServer } from 'node:net';

/**
 * `delay` is a round trip in milliseconds; opening a connection costs nothing, unless `opening` says that it takes one,
 * too. `roundTrips()` counts since it was asked the last time: an exchange is what goes from a request's first byte to
 * its answer's last, and those that overlap are one round trip. For HTTP/1.1, where a connection carries one exchange
 * after the other. `turns()` counts since it was asked the last time how often the server spoke after the client: the
 * round trips of any protocol, as long as nothing large is on its way. `sent()` is what clients have sent since, in bytes.
 */
export async function startFar(target, delay, { opening = false } = {}) {
  const [host, port] = target.split(':');
  let exchanges = [];
  let [turns, bytes, lastSpoke] = [0, 0, ''];
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
    const client = chunk => {
      bytes += chunk.length;
      lastSpoke = 'client';
      asked();
    };
    const server = () => {
      if (lastSpoke === 'client') turns++;
      lastSpoke = 'server';
    };
    // until then nothing can be on its way
    const open = performance.now() + (opening ? delay : 0);
    later(near, far, { open, seen: client });
    later(far, near, { open, seen: server, arrived: answered });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.once('error', () => [near, far].map(one => one.destroy()));
      socket.once('close', () => sockets.delete(socket));
    }
  });
  function later(from, to, { open, seen, arrived = () => {} }) {
    const way = () => Math.max(0, open - performance.now()) + delay / 2;
    const onTheWay = []; // two timers that are due together may fire in any order
    from.on('data', chunk => {
      seen(chunk);
      onTheWay.push(chunk);
      setTimeout(() => {
        const first = onTheWay.shift();
        if (!to.writable) return;
        to.write(first);
        arrived();
      }, way());
    });
    from.once('end', () => setTimeout(() => to.end(), way()));
  }
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${server.address().port}`,
    roundTrips() {
      const counted = oneAfterTheOther(exchanges);
      exchanges = [];
      return counted;
    },
    turns() {
      const counted = turns;
      turns = 0;
      return counted;
    },
    sent() {
      const counted = bytes;
      bytes = 0;
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
