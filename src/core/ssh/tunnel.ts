import { Duplex } from 'node:stream';

/**
 * A channel of ssh2 as an ordinary stream: its `destroy` closes it here and now. The channel itself would wait for the
 * far end to agree, which a dead one never does.
 */
export function tunnel(channel: Duplex): Duplex {
  const stream = new Duplex({
    read: () => void channel.resume(),
    write: (chunk, _encoding, done) => void channel.write(chunk, () => done()),
    final: done => {
      channel.end();
      done();
    },
    destroy: (error, done) => {
      channel.destroy();
      done(error);
    },
  });
  channel.on('data', chunk => {
    if (!stream.push(chunk)) channel.pause();
  });
  channel.on('error', error => stream.destroy(error));
  channel.once('end', () => stream.push(null));
  channel.once('close', () => {
    // what has come is read first: it may say why the far end closed
    if (stream.readableEnded) stream.destroy();
    else stream.once('end', () => stream.destroy());
  });
  return stream;
}
