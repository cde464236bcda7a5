import type { Call } from '../call.ts';
export async function logs(_: Call): Promise<number> {
  return 1;
}
