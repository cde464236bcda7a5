// What the real upload does to files, done here too: dot files are left out, modes are lost, paths begin at the least
// common folder, and a name is taken once in a run.
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const input = name => process.env[`INPUT_${name.toUpperCase()}`] ?? '';
const wildcard = /[*?[{]/;
const isFile = path => statSync(path).isFile();

/** The files of one line of `path`, absolute, and the folder that their names begin at. */
function search(line) {
  const parts = line.split('/');
  const first = parts.findIndex(part => wildcard.test(part));
  if (first >= 0) {
    const found = globSync(line).flatMap(path => (isFile(path) ? [path] : globSync(`${path}/**`)));
    return { base: resolve(parts.slice(0, first).join('/') || '.'), files: found.filter(isFile) };
  }
  if (!existsSync(line)) return { base: undefined, files: [] };
  if (isFile(line)) return { base: dirname(resolve(line)), files: [line] };
  return { base: resolve(line), files: globSync(`${line}/**`).filter(isFile) };
}

function common(a, b) {
  const [left, right] = [a.split('/'), b.split('/')];
  const differ = left.findIndex((part, i) => part !== right[i]);
  return differ < 0 ? a : left.slice(0, differ).join('/') || '/';
}

function fail(message) {
  console.log(`::error::${message}`);
  process.exit(1);
}

const target = join(process.env.ARTIFACTS_FOLDER, input('name'));
if (existsSync(target)) fail(`an artifact with the name ${input('name')} already exists`);

const lines = input('path')
  .split('\n')
  .map(line => line.trim())
  .filter(Boolean);
const found = lines.map(search);
const isHidden = file => /(^|\/)\.[^./]/.test(relative(process.cwd(), file));
const files = [...new Set(found.flatMap(one => one.files.map(file => resolve(file))))].filter(file => !isHidden(file));
if (files.length === 0 && input('if-no-files-found') === 'error') fail(`no files were found at ${lines.join(', ')}`);

const root = found
  .map(one => one.base)
  .filter(Boolean)
  .reduce(common);
for (const file of files) {
  const to = join(target, relative(root, file));
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(file, to);
  chmodSync(to, 0o644);
}
console.log(`artifact ${input('name')}: ${files.length} files`);
