import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { schemas } from '../../src/release/definitions.ts';

const root = join(import.meta.dirname, '..', '..');
const readmesIn = (folder: string) =>
  readdirSync(join(root, folder))
    .map(name => `${folder}/${name}/README.md`)
    .filter(path => existsSync(join(root, path)));

/** Every page that users read. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs')).map(name => `docs/${name}`),
  ...['actions', 'examples'].flatMap(readmesIn),
  'scripts/lab/README.md',
  'scripts/lab/cluster/README.md',
];

/**
 * What a block is: `slipway.yml`, a whole `workflow`, `steps` of one, `inputs` of the page's action, `commands` of a
 * shell, a `drawing`, `news` as a webhook gets them, a `compose file`, or `unknown`.
 */
export type Kind =
  | 'slipway.yml'
  | 'workflow'
  | 'steps'
  | 'inputs'
  | 'commands'
  | 'drawing'
  | 'news'
  | 'compose file'
  | 'unknown';

export interface Block {
  readonly page: string;
  /** For the tests' titles. */
  readonly title: string;
  readonly kind: Kind;
  /** Without the indentation that all of its lines have. */
  readonly text: string;
}

/** Fenced blocks, and those that four blanks make one, which are commands here. */
export const blocks: readonly Block[] = pages.flatMap(page => {
  const text = readFileSync(join(root, page), 'utf8');
  const fenced = [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(
    ({ 2: language, 3: body, index }) => [language!, body!, index] as const,
  );
  const without = text.replaceAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm, all => all.replaceAll(/[^\n]/g, '-'));
  const indented = [...without.matchAll(/(?<=\n\n)((?: {4}\S.*\n?)+)/g)].map(
    ({ 1: body, index }) => ['indented', body!, index] as const,
  );
  return [...fenced, ...indented].map(([language, body, index]) => {
    const own = dedent(body);
    const title = `${page}:${text.slice(0, index).split('\n').length}`;
    return { page, title, kind: kindOf(page, language, own), text: own };
  });
});

export const blocksOf = (kind: Kind): readonly Block[] => blocks.filter(one => one.kind === kind);

/** The action that a page is about. */
export function actionOf(page: string) {
  return Object.entries(schemas).find(([name]) => page === `actions/${name}/README.md`)?.[1];
}

function kindOf(page: string, language: string, text: string): Kind {
  if (language === 'sh') return 'commands';
  if (language === 'mermaid') return 'drawing';
  if (language === 'indented') return /^[a-z]+ /.test(text) && !/^CACHE\//.test(text) ? 'commands' : 'drawing';
  if (language === 'json' && JSON.parse(text).schema === 'slipway.news/v1') return 'news';
  if (language !== 'yaml') return 'unknown';
  const data: unknown = parse(text);
  if (Array.isArray(data)) return data.every(step => 'uses' in step || 'run' in step) ? 'steps' : 'unknown';
  const keys = Object.keys(data as object);
  if (keys.includes('on') && keys.includes('jobs')) return 'workflow';
  const inputs = actionOf(page)?.inputs ?? {};
  if (keys.every(key => key in inputs)) return 'inputs';
  if (keys.includes('services')) return 'compose file';
  return ['build', 'deploy', 'observe'].some(key => keys.includes(key)) ? 'slipway.yml' : 'unknown';
}

function dedent(text: string): string {
  const lines = text.split('\n');
  const depth = Math.min(...lines.filter(line => line.trim() !== '').map(line => line.search(/\S/)));
  return lines.map(line => line.slice(depth)).join('\n');
}
