import { runsOn, type Target, targetOfMachine } from '../core/target.ts';

/** What each level of GOAMD64 needs beyond the one before (https://go.dev/wiki/MinimumRequirements#amd64), in the kernel's words. */
const levels: readonly [string, readonly string[]][] = [
  ['v2', ['cx16', 'lahf_lm', 'pni', 'popcnt', 'sse4_1', 'sse4_2', 'ssse3']],
  ['v3', ['abm', 'avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'movbe', 'xsave']],
  ['v4', ['avx512bw', 'avx512cd', 'avx512dq', 'avx512f', 'avx512vl']],
];

/**
 * What a machine runs: by `uname -m`, which outranks any table, and by what its processor can do.
 *
 * @param cpu flags (amd64) or features (arm) of /proc/cpuinfo; none when they are not known: then the best is assumed
 */
export function machineOf(uname: string, cpu: readonly string[]): Target {
  const machine = targetOfMachine(uname);
  if (cpu.length === 0) return machine.arch === 'amd64' ? { ...machine, variant: 'v4' } : machine;
  const has = (names: readonly string[]) => names.every(name => cpu.includes(name));
  if (machine.arch === 'amd64') {
    const reached = levels.findIndex(([, needed]) => !has(needed));
    return { ...machine, variant: ['v1', 'v2', 'v3', 'v4'].at(reached === -1 ? 3 : reached)! };
  }
  // GOARM=6 and 7 use the floating-point unit, 7 a newer one
  if (machine.arch === 'arm') {
    const most = has(['vfpv3']) || has(['vfpv4']) || has(['neon']) ? 'v7' : has(['vfp']) ? 'v6' : 'v5';
    return { ...machine, variant: most < machine.variant! ? most : machine.variant! };
  }
  return machine;
}

/** Whether the machine runs what was built for `built`. */
export function fits(built: Target, machine: Target): boolean {
  return runsOn(built, machine) && (built.arch !== 'amd64' || (built.variant ?? 'v1') <= (machine.variant ?? 'v1'));
}
