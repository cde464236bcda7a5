// As the real download: one named artifact lands in the path itself, several each in a folder of its own unless merged.
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join, matchesGlob, resolve } from 'node:path';

const input = name => process.env[`INPUT_${name.toUpperCase()}`] ?? '';
const store = process.env.ARTIFACTS_FOLDER;
const all = existsSync(store) ? readdirSync(store).sort() : [];
const wanted = all.filter(name =>
  input('name') ? name === input('name') : input('pattern') ? matchesGlob(name, input('pattern')) : true,
);
if (input('name') && wanted.length === 0) {
  console.log(`::error::artifact not found for name: ${input('name')}`);
  process.exit(1);
}
const target = resolve(input('path') || '.');
for (const name of wanted) {
  const own = input('name') || input('merge-multiple') === 'true' ? target : join(target, name);
  cpSync(join(store, name), own, { recursive: true });
  console.log(`artifact ${name} → ${own}`);
}
