import { anyChange, tellWritten } from '../core/generated/update.ts';
import { observe as write } from '../release/observe/observe.ts';
import type { Call } from './call.ts';

/** `slipway observe`: what slipway.yml has under `observe`. @returns the exit code */
export async function observe({ given, directory, terminal, document }: Call): Promise<number> {
  const written = await write({
    config: given.text('config') ?? 'slipway.yml',
    environment: given.text('environment'),
    output: given.text('output'),
    directory,
  });
  for (const line of tellWritten(written)) terminal.say(line);
  document({ command: 'observe', code: 0, changed: anyChange(written), files: written });
  return 0;
}
