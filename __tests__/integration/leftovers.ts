/** Ends what was begun; harmless when it has ended already. */
type End = () => unknown;

const [ofTest, ofFile] = [new Set<End>(), new Set<End>()];
let inTest = false;

/**
 * For what goes on by itself: a user's traffic, a process. It is ended after the test that began it, or after the file's tests when
 * a `beforeAll` did, also where an `expect` failed before its own end came: jest would wait for it, for ever. The hooks are in
 * setup/real.ts.
 *
 * @returns to be called when it has ended by itself
 */
export function endLater(end: End): () => void {
  const begun = inTest ? ofTest : ofFile;
  begun.add(end);
  return () => void begun.delete(end);
}

export function beginTest(): void {
  inTest = true;
}

export async function endTest(): Promise<void> {
  inTest = false;
  await endAll(ofTest);
}

export const endFile = (): Promise<void> => endAll(ofFile);

async function endAll(begun: Set<End>): Promise<void> {
  const ends = [...begun];
  begun.clear();
  await Promise.all(ends.map(end => end()));
}
