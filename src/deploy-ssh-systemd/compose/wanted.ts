import { readFile } from 'node:fs/promises';
import type { Context } from '../../core/action.ts';
import { SlipwayError } from '../../core/errors.ts';
import { type Container, loginOf } from '../container/container.ts';
import type { definition } from '../inputs.ts';
import { composeOf } from './compose.ts';

/**
 * What `runtime: compose` releases; read, and looked up in registries, only where there must be one.
 *
 * @throws INPUT_INVALID, COMPOSE_INVALID
 */
export async function projectOf(
  {
    inputs,
    record,
    directory,
    signal,
  }: Pick<Context<typeof definition.inputs>, 'inputs' | 'record' | 'directory' | 'signal'>,
  service: string,
  wanted: boolean,
): Promise<Container> {
  const given = Object.entries({
    image: inputs.image !== undefined,
    args: inputs.args.length > 0,
    type: inputs.type !== 'exec',
    'run-as': inputs['run-as'] !== 'dynamic',
  }).flatMap(([name, is]) => (is ? [name] : []));
  if (given.length > 0)
    throw new SlipwayError('INPUT_INVALID', `"runtime" is compose, which has no ${given.join(', ')}`, {
      hint: 'Nothing was changed. Leave these out: the compose file says it of each service.',
    });
  const engine = inputs['container-engine'];
  if (!wanted) return { engine, image: undefined, login: '' };
  const around = {
    service,
    engine,
    environment: inputs.environment,
    secretEnvironment: inputs['secret-environment'],
    credentials: inputs.credentials,
  };
  const registries = { ...inputs, insecure: inputs['insecure-registries'] };
  const project = await composeOf(inputs['compose-file'], directory, registries, around, record?.record, signal);
  const launch = await readFile(new URL('../assets/compose.sh', import.meta.url), 'utf8');
  return {
    engine,
    image: undefined,
    login: project.registry === undefined ? '' : loginOf(project.registry, inputs),
    compose: { ...project, launch },
  };
}
