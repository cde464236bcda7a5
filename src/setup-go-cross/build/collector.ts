const perCore = 2 * 2 ** 30;

/**
 * Lets the compilers and linkers collect garbage less often where there is memory for it: they live for a second, and a
 * fifth of their time is spent on collecting. The programs are the same, byte for byte. A GOGC or GOMEMLIMIT of the user
 * stays.
 *
 * @param available bytes, of the machine or of the control group that this process is in
 * @param cores as many compilers run at a time
 */
export function collectorSettings(
  available: number,
  cores: number,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  if (env['GOGC'] || env['GOMEMLIMIT'] || available < perCore * cores) return {};
  return { GOGC: '400' };
}
