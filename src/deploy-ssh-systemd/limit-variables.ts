/**
 * What tells the Go runtime of the unit's limits. GOMEMLIMIT leaves a tenth for what the runtime does not count (stacks of
 * C code, the page cache that is charged to the service); Go before 1.25 does not see a CPU quota by itself.
 *
 * @param memoryMax bytes
 * @param cpuQuota percent of one core
 */
export function limitVariables(memoryMax: number | undefined, cpuQuota: number | undefined): Record<string, string> {
  return {
    ...(memoryMax === undefined ? {} : { GOMEMLIMIT: `${Math.floor(memoryMax * 0.9)}B` }),
    ...(cpuQuota === undefined ? {} : { GOMAXPROCS: String(Math.max(1, Math.ceil(cpuQuota / 100))) }),
  };
}
