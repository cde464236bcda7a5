const mebibyte = 2 ** 20;
/** With less for each compiler Go's own setting is the better one. */
const least = 1024 * mebibyte;

/**
 * Lets the compilers and linkers collect garbage less often where there is memory for it: they live for a second, and a
 * sixth of their time goes into collecting. A large one comes back to collecting before it takes more than its share
 * (GOMEMLIMIT). The programs are the same, byte for byte. A GOGC or GOMEMLIMIT of the user stays.
 *
 * @param available bytes, of the machine or of the control group that this process is in
 * @param cores for each up to two compilers run at a time
 */
export function collectorSettings(
  available: number,
  cores: number,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const share = available / (2 * cores);
  if (env['GOGC'] || env['GOMEMLIMIT'] || share < least) return {};
  return { GOGC: '400', GOMEMLIMIT: `${Math.floor(share / mebibyte)}MiB` };
}
