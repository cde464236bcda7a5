import { SlipwayError } from '../../core/errors.ts';
import type { Inputs, Read } from '../../core/inputs.ts';
import { variableOf } from '../../core/inputs.ts';
import { run } from '../../core/process.ts';
import { smokeInputs } from '../smoke/inputs.ts';
import type { Builder } from './inputs.ts';
import { dockerfileInputs } from './inputs.ts';

/** What makes the image; for a Dockerfile with the program that does it. */
export type Engine =
  | { readonly kind: 'native' }
  | { readonly kind: 'buildx'; readonly program: readonly [string, ...string[]] }
  | { readonly kind: 'buildah'; readonly program: readonly [string, ...string[]] };

/** What a Dockerfile says itself; given beside one, it would do nothing. */
export const nativeOnly: readonly string[] = [
  'binaries',
  'base',
  'entrypoint',
  'cmd',
  'env',
  'user',
  'workdir',
  'ports',
  'files',
  'stop-signal',
  'compression',
  'media-types',
  'layer-cache',
];
const buildxOnly = ['builder', 'driver-opts'];
const dockerfileOnly = Object.keys(dockerfileInputs).filter(name => name !== 'engine');

interface Wanted {
  readonly engine: 'auto' | 'native' | 'buildx' | 'buildah';
  readonly builder: Builder | undefined;
  readonly 'driver-opts': readonly string[];
  readonly 'build-contexts': Readonly<Record<string, string>>;
}

/** The names of the inputs that somebody gave: in the workflow, or in slipway.yml with another value than the default. */
export function givenInputs<S extends Inputs>(schema: S, inputs: Read<S>, env: NodeJS.ProcessEnv): Set<string> {
  const given = Object.entries(schema).filter(([name, { value, default: preset }]) => {
    if ((env[variableOf(name)] ?? '').trim() !== '') return true;
    const read = inputs[name as keyof Read<S>];
    const unset = preset === undefined ? undefined : value.parse(preset);
    return JSON.stringify(read) !== JSON.stringify(unset);
  });
  return new Set(given.map(([name]) => name));
}

/** Pure: the engine that the inputs ask for; inputs that mean nothing to it are an error. */
export function wantedEngine(inputs: Wanted, given: ReadonlySet<string>): Wanted['engine'] {
  const of = (names: readonly string[]) => names.filter(name => given.has(name));
  const [ofDockerfile, ofNative, ofBuildx] = [of(dockerfileOnly), of(nativeOnly), of(buildxOnly)];
  const native = inputs.engine === 'native' || (inputs.engine === 'auto' && ofDockerfile.length === 0);
  if (native && ofDockerfile.length > 0)
    throw useless(ofDockerfile, 'the native engine reads no Dockerfile', 'Leave it out, or give engine: auto.');
  if (native) return 'native';
  if (ofNative.length > 0)
    throw useless(ofNative, 'a Dockerfile says that itself', 'Write it into the Dockerfile, or leave its inputs out.');
  if (inputs.engine === 'buildah' && ofBuildx.length > 0)
    throw useless(ofBuildx, 'buildah builds on this machine only', 'Leave it out, or give engine: buildx.');
  if (inputs['driver-opts'].length > 0 && (inputs.builder === undefined || inputs.builder.kind === 'named'))
    throw useless(['driver-opts'], 'that builder exists already', 'Give builder: tcp://…, unix://… or kubernetes.');
  if (inputs.engine === 'auto' && ofBuildx.length > 0) return 'buildx';
  return inputs.engine;
}

/** A merge or a promotion makes no image of its own: what is said of building one would do nothing. */
export function mustNotBuild(mode: string, given: ReadonlySet<string>): void {
  const names = [...dockerfileOnly, 'engine', ...Object.keys(smokeInputs)].filter(name => given.has(name));
  if (names.length > 0) throw useless(names, `mode: ${mode} builds nothing`, 'Give it to the step that builds.');
}

function useless(names: readonly string[], why: string, hint: string): SlipwayError {
  const quoted = names.map(name => `"${name}"`).join(', ');
  return new SlipwayError('INPUT_INVALID', `input ${quoted} would do nothing here: ${why}`, { hint });
}

/** Finds the program of the engine that is wanted. */
export async function findEngine(
  wanted: Wanted['engine'],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Engine> {
  if (wanted === 'native') return { kind: 'native' };
  const works = (argv: readonly [string, ...string[]]) =>
    run(argv, { env, timeout: 30_000, signal }).then(
      () => true,
      () => {
        signal.throwIfAborted();
        return false;
      },
    );
  if (wanted !== 'buildah') {
    for (const program of [['docker', 'buildx'], ['buildx']] as const)
      if (await works([...program, 'version'])) return { kind: 'buildx', program };
  }
  if (wanted !== 'buildx' && (await works(['buildah', '--version']))) return { kind: 'buildah', program: ['buildah'] };
  const names = wanted === 'auto' ? 'neither buildx nor buildah' : `no ${wanted}`;
  throw new SlipwayError('ENGINE_MISSING', `there is ${names} on this machine to build the Dockerfile`, {
    hint: 'Install buildx (https://github.com/docker/buildx/releases) or buildah (apt-get install buildah), or give binaries instead of a Dockerfile: that needs neither.',
  });
}
