import type { Builder } from './inputs.ts';
import { flags, type Job } from './job.ts';

/** A field of the comma-separated values that buildx takes: quoted where it must be. */
function field(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Arguments of `buildx build`: an OCI layout with rewritten times, and no attestations of its own, which would be index children. */
export function buildArguments(job: Job, builder: string): string[] {
  const { inputs } = job;
  const output = ['type=oci', 'tar=false', field(`dest=${job.layout}`), 'rewrite-timestamp=true'].join(',');
  return [
    'build',
    ...['--builder', builder, '--progress', 'plain', '--provenance=false', '--sbom=false'],
    ...['--output', output, '--platform', job.platforms.join(',')],
    ...(job.file === undefined ? [] : ['--file', job.file]),
    ...(inputs.target === undefined ? [] : ['--target', inputs.target]),
    ...flags('--build-arg', inputs['build-args']),
    ...flags('--build-context', inputs['build-contexts']),
    ...flags('--label', job.labels),
    ...flags('--secret', job.secrets.flags),
    ...flags('--cache-from', inputs['cache-from']),
    ...flags('--cache-to', inputs['cache-to']),
    ...(inputs['no-cache'] ? ['--no-cache'] : []),
    ...(inputs.pull ? ['--pull'] : []),
    ...(inputs.network === 'default' ? [] : ['--network', inputs.network]),
    ...(inputs.network === 'host' ? ['--allow', 'network.host'] : []),
    job.context,
  ];
}

/** Arguments of `buildx create` for a builder of our own; undefined endpoint: a container of the local Docker. */
export function createArguments(
  name: string,
  builder: Exclude<Builder, { kind: 'named' }> | undefined,
  driverOptions: readonly string[],
): string[] {
  const driver = builder?.kind ?? 'docker-container';
  // A BuildKit that we start may use the host's network when a build asks for it; a remote one has its own rules.
  const daemon = driver === 'remote' ? [] : ['--buildkitd-flags', '--allow-insecure-entitlement network.host'];
  return [
    ...['create', '--name', name, '--driver', driver],
    ...flags('--driver-opt', driverOptions),
    ...daemon,
    ...(builder?.kind === 'remote' ? [builder.endpoint] : []),
  ];
}

/** What `buildx inspect` tells of a builder. */
export interface BuilderFacts {
  readonly name: string;
  readonly driver: string;
  /** Platforms that its nodes run, natively or by QEMU. */
  readonly platforms: readonly string[];
}

export function parseInspect(text: string): BuilderFacts {
  const value = (key: string) => new RegExp(`^${key}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const platforms = [...text.matchAll(/^Platforms:[ \t]*(.*)$/gm)]
    .flatMap(match => match[1]!.split(','))
    .map(platform => platform.trim().replace(/\*$/, ''))
    .filter(platform => platform !== '');
  return { name: value('Name'), driver: value('Driver'), platforms: [...new Set(platforms)] };
}
