import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bundled = new Set((process.env['SLIPWAY_BUNDLES'] ?? '').split(','));

/**
 * What is started for an action in a process of its own: its bundle where `npm test` has found that it was made of the
 * present sources, as users have it and in a third of the time; else the sources.
 */
export function actionMain(name: string): string {
  const main = join(root, 'src', name, 'main.ts');
  if (!existsSync(main)) throw new Error(`there is no action ${name}`);
  return bundled.has(name) ? join(root, 'dist', name, 'index.js') : main;
}
