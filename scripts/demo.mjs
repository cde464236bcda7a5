// npm run demo: the chain from a Go program's source to a verified release, on this machine, with real components.
import { reexecUnderNode24 } from './node24.mjs';

await reexecUnderNode24(import.meta.url);

const { demo } = await import('./demo/story.mjs');
process.exitCode = await demo();
