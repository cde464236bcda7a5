import { SlipwayError } from '../errors.ts';

const decimal: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/**
 * `250m` → 0.25, `64Mi` → 67108864, `1e3` → 1000.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function parseQuantity(text: string | number): number {
  const [, number, unit = ''] = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  const factor = binary.includes(unit) ? 1024 ** (binary.indexOf(unit) + 1) : 10 ** (decimal[unit] ?? Number.NaN);
  const value = Number(number) * factor;
  if (Number.isNaN(value))
    throw new SlipwayError('QUANTITY_INVALID', `"${text}" is no quantity of Kubernetes`, {
      hint: 'Write 250m, 2, 64Mi or 1G.',
    });
  return value;
}
