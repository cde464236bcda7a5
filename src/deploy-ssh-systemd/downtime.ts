import type { UnitState } from './unit-state.ts';

/** How long nothing served, and how that is known. Undefined where nothing served before. */
export interface Downtime {
  readonly ms: number;
  /** `systemd`: from the old process leaving to the program saying that it is ready; `probe`: from the switch to the first healthy answer, an upper bound. */
  readonly measuredBy: 'systemd' | 'probe';
}

/**
 * @param last the unit when its state was last seen
 * @param left the host's time (microseconds) at which the release before left, when that is not what `last` says
 */
export function downtimeOf(
  last: UnitState | undefined,
  options: { type: 'exec' | 'notify'; left?: number; switched: number; firstHealthy?: number | undefined },
): Downtime | undefined {
  const left = options.left ?? last?.left ?? 0;
  // with Type=exec, "active" says only that the program was started
  if (options.type === 'notify' && last !== undefined && left > 0 && last.entered > left) {
    return { ms: Math.round((last.entered - left) / 1000), measuredBy: 'systemd' };
  }
  if (options.firstHealthy === undefined) return undefined;
  return { ms: Math.max(0, Math.round(options.firstHealthy - options.switched)), measuredBy: 'probe' };
}
