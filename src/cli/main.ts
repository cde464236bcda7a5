import { runCommandLine } from './run.ts';

// A log whose disk is full, or that nobody reads any more, must not end what is done in a place; a document that was asked
// for and did not arrive is a failure.
process.stderr.on('error', () => undefined);
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') process.once('exit', () => (process.exitCode ||= 1));
});
process.exitCode = await runCommandLine(process.argv.slice(2), process.env);
