// npm run ship -- VERSION: releases the suite itself from the commit that is checked out, as .github/workflows/ship.yml does.
import { ensureDependencies } from './dependencies.mjs';
import { reexecUnderNode24 } from './node24.mjs';
import { root } from './root.mjs';

await reexecUnderNode24(import.meta.url);
ensureDependencies();

const { describe } = await import('../src/core/errors.ts');
const { cancellation } = await import('../src/core/cancel.ts');
const { ship } = await import('./ship/story.mjs');
const { signal, release } = cancellation();
try {
  await ship(process.argv[2] ?? '', { directory: root, env: process.env, signal });
} catch (error) {
  console.error(describe(error));
  process.exitCode = 1;
} finally {
  release();
}
