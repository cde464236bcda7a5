import { SlipwayError } from '../../core/errors.ts';
import { formatRepository, parseReference } from '../../core/registry/reference.ts';
import { flags, type Job } from './job.ts';

/** Arguments of `buildah build`: a manifest list of all platforms under a name of ours, every time in it rewritten. */
export function buildArguments(job: Job, name: string): string[] {
  const { inputs } = job;
  const cached = inputs['cache-from'].length + inputs['cache-to'].length > 0;
  return [
    'build',
    ...['--platform', job.platforms.join(','), '--manifest', name, '--format', 'oci'],
    // Its version would change the digest with the machine.
    ...['--timestamp', String(job.seconds), '--identity-label=false'],
    ...(job.file === undefined ? [] : ['--file', job.file]),
    ...(inputs.target === undefined ? [] : ['--target', inputs.target]),
    ...flags('--build-arg', inputs['build-args']),
    ...flags('--build-context', inputs['build-contexts']),
    ...flags('--label', job.labels),
    ...flags('--secret', job.secrets.flags),
    ...(cached ? ['--layers'] : []),
    ...flags('--cache-from', inputs['cache-from'].map(cacheRepository)),
    ...flags('--cache-to', inputs['cache-to'].map(cacheRepository)),
    ...(inputs['no-cache'] ? ['--no-cache'] : []),
    ...(inputs.pull ? ['--pull-always'] : []),
    ...(inputs.network === 'default' ? [] : ['--network', inputs.network]),
    job.context,
  ];
}

export function exportArguments(name: string, layout: string): string[] {
  return ['manifest', 'push', '--all', name, `oci:${layout}:image`];
}

/** buildah keeps its cache in a repository; of buildx's words `type=registry,ref=…` says the same. */
export function cacheRepository(text: string): string {
  const fields = new Map(text.split(',').map(part => [part.split('=')[0], part.slice(part.indexOf('=') + 1)]));
  const reference = text.includes('=') ? (fields.get('type') === 'registry' ? fields.get('ref') : undefined) : text;
  if (reference !== undefined) return formatRepository(parseReference(reference).repository);
  throw new SlipwayError('INPUT_INVALID', `buildah cannot keep a cache in "${text}"`, {
    hint: 'Give a repository, such as ghcr.io/acme/hello-cache, or engine: buildx.',
  });
}

/** Throws for what this engine does not know, before it says so in its own words. */
export function mustKnow({ inputs }: Pick<Job, 'inputs'>): void {
  for (const one of [...inputs['cache-from'], ...inputs['cache-to']]) cacheRepository(one);
  const layout = Object.entries(inputs['build-contexts']).find(([, value]) => value.startsWith('oci-layout:'));
  if (layout === undefined) return;
  throw new SlipwayError('INPUT_INVALID', `buildah takes no OCI layout as the build context "${layout[0]}"`, {
    hint: 'Write FROM oci:PATH in the Dockerfile, or give engine: buildx.',
  });
}
