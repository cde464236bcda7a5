import { SlipwayError } from '../core/errors.ts';

/** Percentages of the traffic, strictly increasing, the last one 100. */
export type Steps = readonly number[];

/** `auto`: doubled from 1 % to the half, which leaves both sides as many pods as one had. */
export const autoSteps: Steps = [0, 1, 2, 4, 8, 16, 32, 50, 100];

/** Reads `auto` or `0,50,100`, also with % and spaces. Whole numbers: routers have no finer ones. */
export function parseSteps(items: readonly string[]): Steps {
  if (items.length === 1 && items[0] === 'auto') return autoSteps;
  const steps = items.map(item => {
    const text = item.replace(/\s*%$/, '');
    if (!/^\d{1,3}$/.test(text) || Number(text) > 100)
      throw invalid(items, `"${item}" is not a whole percentage from 0 to 100`);
    return Number(text);
  });
  const fallen = steps.findIndex((step, index) => index > 0 && step <= steps[index - 1]!);
  if (fallen > 0)
    throw invalid(items, `${steps[fallen]} does not come after ${steps[fallen - 1]}: the steps must increase`);
  if (steps.at(-1) !== 100) throw invalid(items, 'the last step is not 100');
  if (steps.length < 2) throw invalid(items, 'there is no step below 100; for that there is `strategy: rolling`');
  return steps;
}

function invalid(items: readonly string[], why: string): SlipwayError {
  return new SlipwayError('STEPS_INVALID', `steps ${items.join(',')}: ${why}`, {
    hint: 'Write increasing percentages that end at 100, e.g. 0,50,100.',
  });
}
