import { anyChange, tellWritten } from '../../core/generated/update.ts';
import { log } from '../../core/log.ts';
import { codeBlock } from '../../core/summary.ts';
import { observe, type Wanted } from './observe.ts';

/** `mode: observe`. */
export async function runObserve(
  wanted: Wanted,
  summary: (markdown: string) => Promise<void>,
  output: (name: 'changed', value: string) => void,
): Promise<void> {
  const written = await observe(wanted);
  const lines = tellWritten(written);
  for (const line of lines) log.info(line);
  output('changed', String(anyChange(written)));
  await summary(`### Observability\n${codeBlock(lines.join('\n'))}`);
}
