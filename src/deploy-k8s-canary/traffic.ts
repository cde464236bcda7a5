import type { StepRow } from './journal.ts';
import type { Session } from './session.ts';

/** How many of a hundred requests of users a step copies to the new release: only the one at which none of them is on it. */
export function copiedAt({ state }: Session, weight: number): number {
  return weight === 0 ? (state.router?.mirror ?? 0) : 0;
}

/** Whether requests of users reach the new release at this step, or copies of them. */
export function reached({ weight, mirrored = 0 }: Pick<StepRow, 'weight' | 'mirrored'>): boolean {
  return weight > 0 || mirrored > 0;
}

/** Gives the new release what it is to get at this step: a share of the users, or copies of their requests. It is written down before. */
export async function direct(session: Session, row: StepRow): Promise<string> {
  const { signal } = session;
  const { weight, mirrored = 0 } = row;
  const router = session.router!;
  if (session.state.weight !== weight || (session.state.mirrored ?? 0) !== mirrored)
    await session.save({ weight, mirrored });
  if (weight > 0) return router.shift(weight, signal);
  if (mirrored === 0) return 'no user traffic';
  return `${await router.mirror!(mirrored, signal)}; no user on it`;
}
