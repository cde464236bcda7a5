import { canonicalTarget, knownTargets, parseTarget, type Target } from '../../core/target.ts';

/**
 * `all-linux`: every architecture that Go has for Linux, each once and for its oldest usual processor; arm twice, v6 for
 * the first Raspberry Pis and v7 for all since, which is slower without its own. v5, and other variants, have to be named.
 */
export const groups: Readonly<Record<string, readonly Target[]>> = {
  'all-linux': knownTargets
    .filter(known => known.startsWith('linux/'))
    .flatMap(known => (known === 'linux/arm' ? ['linux/arm/v6', 'linux/arm/v7'] : [known]))
    .map(known => canonicalTarget(parseTarget(known))),
};
