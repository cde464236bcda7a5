// npm run bundle [-- NAME …]: bundles src/NAME/main.ts with ncc into dist/NAME, minified; every file there is expected.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { hashOfSources, stampName } from './bundle-stamp.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { reexecUnderNode24 } from './node24.mjs';
import { root } from './root.mjs';

await reexecUnderNode24(import.meta.url);
ensureDependencies();

/** Megabytes that a folder may have; each `uses:` downloads the whole repository. */
const limits = { 'deploy-k8s-canary': 6, 'verify-health': 6 };
const limit = 3;
/** ssh2 carries a Windows agent helper that is never used; ncc also emits type declarations. */
const unwanted = /pagent\.exe$|\.d\.ts(\.map)?$/;
/** Code, its licenses, the package.json that says "module", and assets that an action reads from beside its bundle. */
const expected = /(\.js|\.cjs|\.mjs|\.sh|\.pem|\.gz|\/licenses\.txt|\/package\.json)$/;

/**
 * Packages that do nothing when they are loaded, but do not say so. Webpack leaves out what nobody uses of them once they
 * do: undici, a third of an action's start, is there for the OpenID Connect client of @actions/core alone.
 */
const withoutSideEffects = ['@actions/core', '@actions/exec', '@actions/http-client'];

const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js');
const all = readdirSync(join(root, 'src')).filter(name => existsSync(join(root, 'src', name, 'main.ts')));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;
const strange = wanted.filter(name => !all.includes(name));
if (strange.length > 0) fail(`there is no src/${strange[0]}/main.ts; bundles: ${all.join(', ')}`);

const madeOf = hashOfSources();
for (const name of withoutSideEffects) declare(name);
process.on('exit', () => {
  for (const name of wanted) rmSync(part(name), { recursive: true, force: true });
});
const queue = [...wanted];
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await bundle(name);
  }),
);

function part(name) {
  return join(root, 'dist', `.${name}.part`);
}

function declare(name) {
  const file = join(root, 'node_modules', name, 'package.json');
  const text = readFileSync(file, 'utf8');
  const declared = JSON.stringify({ ...JSON.parse(text), sideEffects: false }, null, 2);
  if (declared === text) return;
  writeFileSync(`${file}.part`, declared); // by rename: checkouts may share the file
  renameSync(`${file}.part`, file);
}

async function bundle(name) {
  const [target, temporary] = [join(root, 'dist', name), part(name)];
  rmSync(temporary, { recursive: true, force: true });
  await compile(name, temporary);
  for (const file of files(temporary)) if (unwanted.test(file)) rmSync(file);
  await minifyChunks(temporary);
  const stray = files(temporary).filter(file => !expected.test(file));
  if (stray.length > 0) fail(`bundling ${name} put files into dist that nobody asked for: ${stray.join(', ')}`);
  const megabytes = files(temporary).reduce((sum, file) => sum + statSync(file).size, 0) / 1e6;
  if (megabytes > (limits[name] ?? limit))
    fail(`dist/${name} has ${megabytes.toFixed(2)} MB; ${limits[name] ?? limit} are allowed`);
  writeFileSync(join(temporary, stampName), `${madeOf}\n`);
  rmSync(target, { recursive: true, force: true });
  renameSync(temporary, target);
  console.log(`dist/${name}: ${megabytes.toFixed(2)} MB`);
}

function compile(name, out) {
  // Without the cache: a module cached by another checkout would make the bundle depend on the machine.
  const options = ['--minify', '--no-cache', '--transpile-only', '--license', 'licenses.txt', '--out', out];
  return new Promise(resolve => {
    const child = spawn(process.execPath, [ncc, 'build', join(root, 'src', name, 'main.ts'), ...options], {
      // ncc emits every file below its working folder that a path in the code could mean, also what a run left there
      cwd: join(root, 'src', name),
      timeout: 300_000,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        said += text;
      });
    }
    child.on('close', code => (code === 0 ? resolve() : fail(`bundling ${name} failed:\n${said}`)));
  });
}

/** ncc minifies index.js only; what is loaded later (the cache client: 2.3 MB) lies in chunks of their own. */
async function minifyChunks(folder) {
  const { transform } = await import('@swc/core');
  const jsc = {
    parser: { syntax: 'ecmascript', explicitResourceManagement: true },
    target: 'esnext',
    minify: { compress: true, mangle: true, format: { comments: false } },
  };
  for (const file of files(folder).filter(path => /\d+\.index\.js$/.test(path))) {
    const { code } = await transform(readFileSync(file, 'utf8'), {
      jsc,
      minify: true,
      isModule: true,
      configFile: false,
      swcrc: false,
    });
    writeFileSync(file, code);
  }
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
