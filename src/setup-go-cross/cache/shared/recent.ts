import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openReader } from './reader.ts';
import { type Output, outputPath, type Store, writeWhole } from './store.ts';

/**
 * Milliseconds for which an entry that was asked for or made is taken from the list: far less than what trimming leaves,
 * and whoever asks later asks the folder, which makes the entry young again.
 */
const fresh = 3_600_000;
/** So few new ones are not worth a new list. */
const worthIt = 16;

export interface RecentStore extends Store {
  /** Adds what this go command asked for or made. Of two that write at once one wins; what is missing is asked for as ever. */
  save(): Promise<void>;
}

/**
 * A store with a list of what was used within the hour: one file that is read at the start instead of one for every
 * question of the go command. That the output is there, whole, is still asked each time.
 */
export async function withRecent(store: Store, now: () => number = Date.now): Promise<RecentStore> {
  const file = join(store.root, 'recent', 'entries');
  const reader = openReader();
  const known = await readList(file);
  const added = new Map<string, string>();
  const add = (action: string, output: Output) => {
    added.set(action, `${action} ${output.id} ${output.size} ${output.time} ${now()}`);
    return output;
  };
  return {
    root: store.root,
    async get(action) {
      const listed = parse(added.get(action) ?? known.get(action) ?? '', store.root, now());
      if (listed !== undefined && (await reader.size(listed.path)) === listed.size) return listed;
      const found = await store.get(action);
      return found && add(action, found);
    },
    put: async (action, id, body) => add(action, await store.put(action, id, body)),
    async save() {
      if (added.size < worthIt) return;
      const all = new Map([...(await readList(file)), ...added]);
      const lines = [...all.values()].filter(line => parse(line, store.root, now()) !== undefined);
      await writeWhole(file, `${lines.join('\n')}\n`);
    },
  };
}

/** Action → its line. */
async function readList(file: string): Promise<Map<string, string>> {
  const text = await readFile(file, 'latin1').catch(() => '');
  return new Map(text.split('\n').map(line => [line.slice(0, 64), line]));
}

/** Undefined when it is no line of ours, or one of long ago. */
function parse(line: string, root: string, now: number): Output | undefined {
  const [, id, size, time, at] = /^[0-9a-f]{64} ([0-9a-f]{64}) (\d+) (\d+) (\d+)$/.exec(line) ?? [];
  if (id === undefined || Math.abs(now - Number(at)) > fresh) return undefined;
  return { id, size: Number(size), time: Number(time), path: outputPath(root, id) };
}
