import type { Readable } from 'node:stream';

/** ssh2 asks the peer for a sign of life this many times before nothing has come for the whole time. */
const parts = 4;

/** Milliseconds between two signs of life that are asked for. */
export const keepaliveInterval = (silence: number): number => Math.round(silence / parts);

/**
 * Calls once when nothing at all has come from the peer for about `silence` milliseconds (never less than three quarters
 * of it). Any byte counts: on a slow line the answers to ssh2's own keepalives wait behind the data of an upload, and a
 * count of those alone would end a living connection. Counted in steps: a machine that slept has not waited for the peer.
 */
export function watchSilence(stream: Readable, silence: number, onSilent: () => void): void {
  let quiet = 0;
  const timer = setInterval(() => {
    if (++quiet < parts) return;
    clearInterval(timer);
    onSilent();
  }, keepaliveInterval(silence));
  timer.unref();
  stream.on('data', () => {
    quiet = 0;
  });
  stream.once('close', () => clearInterval(timer));
}
