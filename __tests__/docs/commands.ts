import { blocksOf } from './blocks.ts';

/** The commands that a page shows, in their order, without the remarks behind them. */
export function commandsOf(page: string): readonly string[] {
  return blocksOf('commands')
    .filter(block => block.page === page)
    .flatMap(({ text }) => text.split('\n'))
    .map(line => line.replace(/\s+#.*$/, '').replace(/\s{3,}.*$/, ''))
    .filter(line => line !== '');
}

/** Where a test runs the commands of a page, read from the page. */
export const ranBy: Readonly<Record<string, string>> = {
  'README.md': 'campaigns/docs-commands.test.ts',
  'docs/first-release.md': 'campaigns/docs-commands.test.ts',
  'docs/doctor.md': 'cli/doctor.test.ts',
  'actions/deploy-k8s-canary/README.md': 'cli/scaffold.test.ts',
  'actions/setup-go-cross/README.md': 'campaigns/docs-commands.test.ts',
  'examples/gin/README.md': 'e2e/examples.test.ts',
  'examples/hello/README.md': 'campaigns/docs-commands.test.ts',
  'examples/podinfo/README.md': 'campaigns/docs-commands.test.ts',
  'scripts/lab/README.md': 'campaigns/docs-commands.test.ts',
};

const ci = 'writes or reads the whole checkout, beside tests that run from it; CI runs it by itself';
const lab = 'would start or end what other tests use at the same time; they call the same functions';

/** What no test runs as it stands, and why; each still has to be on its page. */
export const notRun: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': {
    'npm run demo': 'e2e/demo.test.ts runs the script itself',
    'npm test': 'is what runs the tests',
    'npm run generate': ci,
    'npm run bundle': ci,
    'npm run lint && npm run typecheck': ci,
    'npm run lab -- up registry host cluster': lab,
    'npm run bench -- startup':
      'measures for minutes on a machine that nothing else uses; __tests__/bench holds its figures',
  },
  'examples/hello/README.md': { 'go test ./...': 'integration/example-hello.test.ts runs it, with -v' },
  'scripts/lab/README.md': {
    'npm run lab -- up registry host host:host2': lab,
    'npm run lab -- up host --fresh --json': lab,
    'npm run lab -- exec host1 journalctl -u app': 'host1 has no service of this name',
    'npm run lab -- restart host1': lab,
    'npm run lab -- down [host:host2] [--remove]': lab,
    'node scripts/lab/conformance/main.mjs [docker-registry distribution-registry referrers-registry]':
      'builds the suite for minutes; lab/conformance.test.ts holds what it found',
  },
  'scripts/lab/cluster/README.md': {
    'npm run lab -- up cluster': lab,
    'npm run lab -- down cluster': lab,
    'npm run lab -- build cluster': 'takes half an hour',
  },
};
