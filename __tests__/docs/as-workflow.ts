import { parse, stringify } from 'yaml';
import type { Block } from './blocks.ts';

/** The steps before that a page's steps speak of by their ids; each stands in the guides and examples. */
const before: Readonly<Record<string, string>> = {
  build: 'setup-go-cross',
  image: 'build-multiarch-image',
  deploy: 'deploy-ssh-systemd',
};

/**
 * A workflow of a block of the documentation, with our actions as those of the checkout, so that a linter knows their
 * inputs and outputs. Steps get the job around them, and the steps before them that they speak of.
 */
export function asWorkflow({ kind, text }: Block): string {
  return (kind === 'steps' ? around(text) : text)
    .replaceAll(/OWNER\/slipway\/([^@\s]+)@v1/g, './$1')
    .replaceAll('OWNER/slipway@v1', './');
}

function around(text: string): string {
  const steps = parse(text) as { id?: string }[];
  const missing = [...new Set([...text.matchAll(/\bsteps\.([\w-]+)\./g)].map(found => found[1]!))]
    .filter(id => !steps.some(step => step.id === id))
    .map(id => ({ id, uses: `OWNER/slipway/actions/${before[id]}@v1` }));
  return stringify({ on: 'push', jobs: { job: { 'runs-on': 'ubuntu-latest', steps: [...missing, ...steps] } } });
}
