import { SlipwayError } from '../core/errors.ts';
import { mapped, text, type Value } from '../core/values.ts';

/** `99.9%` as 0.999. A bare number could be either. */
export const share: Value<number> = mapped(
  text,
  'a percentage such as 99.9%',
  raw => {
    const match = /^(\d{1,3}(?:\.\d+)?)%$/.exec(raw.trim());
    if (match === null || Number(match[1]) > 100)
      throw new SlipwayError('SHARE_INVALID', `"${raw}" is not a percentage`);
    return Number((Number(match[1]) / 100).toPrecision(12)); // not 0.9990000000000001
  },
  'percentage',
);
