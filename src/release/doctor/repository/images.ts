import { parseAllDocuments } from 'yaml';
import { type Check, fail, judge, pass, type Seen, unknown } from '../check.ts';
import type { Repository } from './facts.ts';
import { deploymentsOf, elsewhere, isGiven, textsOf } from './section.ts';

export const imageChecks: readonly Check<Repository>[] = [
  {
    id: 'base-locked',
    title: 'Base images are named by digest.',
    reason: 'A tag leads to another image tomorrow: the same commit becomes another release, unseen.',
    fix: 'Write the digest behind the tag: `gcr.io/distroless/static:nonroot@sha256:…` (`crane digest IMAGE` says it).',
    level: 'must',
    look: baseLocked,
  },
  {
    id: 'no-latest',
    title: 'No image is deployed by the tag latest, or without a tag.',
    reason: 'Two pods of one Deployment may run two programs, and a rollback goes back to nothing.',
    fix: 'Name a version, better a digest.',
    level: 'must',
    look: noLatest,
  },
];

function baseLocked({ file, texts }: Repository): Seen[] {
  const { image } = file;
  if (image === undefined) return [];
  if (isDockerfile(image)) return dockerfile(image, texts);
  const at = file.at(['image', 'base']);
  const comesFrom = elsewhere(image, 'base');
  if (comesFrom !== undefined) return [unknown(at, comesFrom)];
  const bases = (textsOf(image, 'base') ?? ['scratch']).map(line => line.replace(/^[\w/]+=/, '').trim());
  return [
    judge(
      at,
      bases.filter(base => base !== '' && !isLocked(base)),
      bases.join(', '),
    ),
  ];
}

const isLocked = (base: string) => base === 'scratch' || base.includes('@sha256:');

function isDockerfile(image: Readonly<Record<string, unknown>>): boolean {
  const engine = textsOf(image, 'engine')?.[0] ?? 'auto';
  return engine === 'auto'
    ? ['file', 'context', 'target', 'build-args'].some(name => isGiven(image, name))
    : engine !== 'native';
}

function dockerfile(image: Readonly<Record<string, unknown>>, texts: Repository['texts']): Seen[] {
  const context = (textsOf(image, 'context')?.[0] ?? '.').replace(/^\.\/?|\/$/g, '');
  const path = textsOf(image, 'file')?.[0] ?? `${context === '' ? '' : `${context}/`}Dockerfile`;
  const text = texts.get(path.replace(/^\.\//, ''));
  if (text === undefined) return [unknown(path, 'it is not beside slipway.yml')];
  const stages = new Set<string>();
  const bases = [...text.matchAll(/^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/gim)].flatMap(([, base, name]) => {
    const isStage = stages.has(base!.toLowerCase());
    if (name !== undefined) stages.add(name.toLowerCase());
    return isStage ? [] : [base!];
  });
  const byArgument = bases.filter(base => base.includes('$'));
  if (byArgument.length > 0) return [unknown(path, `${byArgument.join(', ')} depends on a build argument`)];
  return [
    judge(
      path,
      bases.filter(base => !isLocked(base)),
      bases.join(', '),
    ),
  ];
}

function noLatest(repository: Repository): Seen[] {
  const { file, texts } = repository;
  const own = file.image === undefined ? [] : (textsOf(file.image, 'images') ?? []);
  const inputs = [
    ...deploymentsOf(repository, 'deploy-k8s-canary'),
    ...deploymentsOf(repository, 'deploy-ssh-systemd'),
  ].flatMap(({ entry, at }) =>
    (textsOf(entry, 'image') ?? [])
      .filter(one => one !== '')
      .map(one => (isLatest(one) ? fail(at('image'), one) : pass(at('image'), one))),
  );
  const manifests = deploymentsOf(repository, 'deploy-k8s-canary').flatMap(({ entry, at }): Seen[] => {
    const comesFrom = elsewhere(entry, 'manifests');
    if (comesFrom !== undefined) return [unknown(at('manifests'), comesFrom)];
    return (textsOf(entry, 'manifests') ?? []).flatMap(pattern =>
      [...texts]
        .filter(([path]) => fits(path, pattern))
        .map(([path, text]) =>
          judge(
            path,
            imagesIn(text).filter(one => isLatest(one) && !own.includes(nameOf(one))),
          ),
        ),
    );
  });
  return [...inputs, ...manifests];
}

/** A path or a glob, as `manifests` takes it: a folder’s `*` and `**`. */
function fits(path: string, pattern: string): boolean {
  const source = pattern
    .replace(/^\.\//, '')
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*\*\/?|\*|\?/g, glob => (glob.startsWith('**') ? '(.*/)?' : glob === '*' ? '[^/]*' : '[^/]'));
  return new RegExp(`^${source}$`).test(path);
}

/** Values of all keys `image` that are texts; a file that cannot be read as YAML has none, and its deployment fails. */
function imagesIn(text: string): string[] {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) walk(item);
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) {
        if (key === 'image' && typeof item === 'string') found.push(item);
        walk(item);
      }
  };
  for (const document of parseAllDocuments(text)) if (document.errors.length === 0) walk(document.toJS());
  return found;
}

const nameOf = (image: string) => image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');

function isLatest(image: string): boolean {
  return !image.includes('@') && (!/:[^/]+$/.test(image) || image.endsWith(':latest'));
}
