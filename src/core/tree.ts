import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of a repository, by path with `/`, sorted; read when they are asked for. */
export interface Tree {
  readonly files: readonly string[];
  /** Text of a file; empty where it cannot be read or has more than 1 MB. */
  read(file: string): Promise<string>;
}

/** What nobody wrote for this program, or what a run of ours made. */
const passedOver = new Set(['.git', 'vendor', 'node_modules', 'testdata', 'slipway-out', 'dist', 'third_party']);
const hiddenButRead = new Set(['.github', '.gitea', '.forgejo']);
const [mostFiles, mostBytes] = [20_000, 1_000_000];

export async function readTree(directory: string): Promise<Tree> {
  const files: string[] = [];
  const queue = [''];
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    const entries = await readdir(join(directory, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isFile() && files.length < mostFiles) files.push(path);
      if (entry.isDirectory() && !passedOver.has(entry.name) && isSeen(entry.name)) queue.push(path);
    }
  }
  const texts = new Map<string, Promise<string>>();
  const read = (file: string) => {
    const text = texts.get(file) ?? textOf(join(directory, file));
    texts.set(file, text);
    return text;
  };
  return { files: files.sort(), read };
}

const isSeen = (name: string) => !/^[._]/.test(name) || hiddenButRead.has(name);

async function textOf(path: string): Promise<string> {
  const size = await stat(path).then(
    found => found.size,
    () => mostBytes + 1,
  );
  return size > mostBytes ? '' : readFile(path, 'utf8').catch(() => '');
}
