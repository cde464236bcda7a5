// npm run demo: the chain from a Go program's source to a verified release, on this machine, with real components.
import { ensureDependencies } from './dependencies.mjs';
import { reexecUnderNode24 } from './node24.mjs';

await reexecUnderNode24(import.meta.url);
ensureDependencies(); // of the report, which reads records

const { demo } = await import('./demo/story.mjs');
process.exitCode = await demo();
