// npm run bundle [NAME …]: bundles src/NAME/main.ts with ncc into dist/NAME, minified; every file in dist is a file of ours.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reexecUnderNode24 } from './node24.mjs';

await reexecUnderNode24(import.meta.url);

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const limits = { 'deploy-k8s-canary': 6, 'verify-health': 6 }; // MB; every other folder 3
const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js');
if (!existsSync(ncc)) fail('ncc is missing: run `npm ci` first');

const all = readdirSync(join(root, 'src')).filter(name => existsSync(join(root, 'src', name, 'main.ts')));
const wanted = process.argv.slice(2);
for (const name of wanted.length > 0 ? wanted : all) bundle(name);

function bundle(name) {
  if (!all.includes(name)) fail(`there is no src/${name}/main.ts; bundles: ${all.join(', ')}`);
  const [target, temporary] = [join(root, 'dist', name), join(root, 'dist', `.${name}.part`)];
  rmSync(temporary, { recursive: true, force: true });
  // --no-cache: a cached module of another checkout made the bundle depend on the machine
  const done = spawnSync(
    process.execPath,
    [
      ncc,
      'build',
      join(root, 'src', name, 'main.ts'),
      '-o',
      temporary,
      '-m',
      '--no-cache',
      '--license',
      'licenses.txt',
    ],
    { encoding: 'utf8' },
  );
  if (done.status !== 0) fail(`bundling ${name} failed:\n${done.stdout}${done.stderr}`);
  for (const file of files(temporary)) if (unwanted.test(file)) rmSync(file);
  const stray = files(temporary).filter(file => !expected.test(file));
  if (stray.length > 0) fail(`bundling ${name} put files into dist that nobody asked for: ${stray.join(', ')}`);
  rmSync(target, { recursive: true, force: true });
  renameSync(temporary, target);
  const megabytes = files(target).reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
  console.log(`dist/${name}: ${megabytes.toFixed(2)} MB`);
  if (megabytes > (limits[name] ?? 3)) fail(`dist/${name} is over ${limits[name] ?? 3} MB`);
}

/** ssh2 carries a Windows agent helper that is never used; ncc also emits type declarations. */
var unwanted = /pagent\.exe$|\.d\.ts$|\.d\.ts\.map$/;
/** Code, its licenses, the package.json that says "module", and assets that an action reads from beside its bundle. */
var expected = /(\.js|\.cjs|\.mjs|\.sh|\.pem|\.gz|licenses\.txt|package\.json)$/;

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
