import type { Context } from '../../core/action.ts';
import { SlipwayError } from '../../core/errors.ts';
import { anyChange, tellWritten } from '../../core/generated/update.ts';
import { log } from '../../core/log.ts';
import { codeBlock } from '../../core/summary.ts';
import type { definition } from '../inputs.ts';
import { tellNext } from './say.ts';
import { scaffoldManifests } from './scaffold.ts';

/** `mode: scaffold`: writes files; no cluster is asked. */
export async function runScaffold({
  inputs,
  directory,
  output,
  summary,
}: Context<typeof definition.inputs>): Promise<void> {
  const { scaffold, image } = inputs;
  if (scaffold === undefined)
    throw new SlipwayError('SCAFFOLD_MISSING', 'mode is scaffold, but the input "scaffold" is not given', {
      hint: 'Say at least what the service is called: scaffold: {name: hello}. Nothing was written.',
    });
  const written = await scaffoldManifests(scaffold, image, directory);
  const lines = tellWritten(written);
  for (const line of [...lines, ...tellNext(scaffold)]) log.info(line);
  output('changed', String(anyChange(written)));
  await summary(`### Manifests\n${codeBlock(lines.join('\n'))}`);
}
