// Writes __tests__/release/github/api-description.json: what GitHub's public OpenAPI description says of the requests
// that src/release/github sends. It is taken from the npm package `@octokit/openapi`, whose 28 MB nobody has to install
// for the tests; texts for people are left out.
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { root } from './root.mjs';

const source = '@octokit/openapi@23.0.2';
const repo = '/repos/{owner}/{repo}';
/** Path → methods. */
const used = {
  [`${repo}/actions/runs/{run_id}`]: ['get'],
  [`${repo}/actions/workflows/{workflow_id}/runs`]: ['get'],
  [`${repo}/deployments`]: ['get', 'post'],
  [`${repo}/deployments/{deployment_id}/statuses`]: ['get', 'post'],
  [`${repo}/git/ref/{ref}`]: ['get'],
  [`${repo}/git/tags/{tag_sha}`]: ['get'],
  [`${repo}/issues`]: ['get', 'post'],
  [`${repo}/issues/comments/{comment_id}`]: ['delete', 'patch'],
  [`${repo}/issues/{issue_number}`]: ['patch'],
  [`${repo}/issues/{issue_number}/comments`]: ['get', 'post'],
  [`${repo}/releases`]: ['get', 'post'],
  [`${repo}/releases/assets/{asset_id}`]: ['delete'],
  [`${repo}/releases/generate-notes`]: ['post'],
  [`${repo}/releases/tags/{tag}`]: ['get'],
  [`${repo}/releases/{release_id}`]: ['patch'],
  [`${repo}/releases/{release_id}/assets`]: ['get', 'post'],
  [`${repo}/statuses/{sha}`]: ['post'],
};

const whole = JSON.parse(await description());
const paths = Object.fromEntries(
  Object.entries(used).map(([path, methods]) => [path, Object.fromEntries(methods.map(m => [m, operation(path, m)]))]),
);
const components = {};
collect(paths);
const file = join(root, '__tests__/release/github/api-description.json');
const kept = {
  openapi: whole.openapi,
  info: { title: whole.info.title, version: whole.info.version },
  paths,
  components,
};
writeFileSync(
  `${file}.part`,
  `${JSON.stringify({ source: `${source} generated/api.github.com.json`, ...kept }, undefined, 1)}\n`,
);
renameSync(`${file}.part`, file);

function operation(path, method) {
  const { parameters = [], requestBody, responses } = whole.paths[path][method];
  return bare({ parameters, requestBody, responses });
}

/** Copies what the references in `value` lead to, and what those lead to. */
function collect(value) {
  if (typeof value !== 'object' || value === null) return;
  const [, kind, name] = /^#\/components\/([^/]+)\/([^/]+)$/.exec(value.$ref ?? '') ?? [];
  if (kind !== undefined && components[kind]?.[name] === undefined) {
    components[kind] ??= {};
    components[kind][name] = bare(whole.components[kind][name]);
    collect(components[kind][name]);
  }
  for (const inner of Object.values(value)) collect(inner);
}

/** Without what only people read; a property may be called `description`, which is no text then. */
function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  const texts = ['description', 'title', 'example', 'examples', 'externalDocs'];
  const kept = Object.entries(value).filter(
    ([key, inner]) =>
      !(
        texts.includes(key) &&
        inner?.type === undefined &&
        inner?.$ref === undefined &&
        inner?.oneOf === undefined &&
        inner?.anyOf === undefined
      ) && !key.startsWith('x-'),
  );
  return Object.fromEntries(kept.map(([key, inner]) => [key, bare(inner)]));
}

/** The description's text, out of the package as npm has it. */
async function description() {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-openapi-'));
  try {
    execFileSync('npm', ['pack', '--silent', source], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const entries = createReadStream(join(folder, readdirSync(folder)[0]))
      .pipe(createGunzip())
      .pipe(extract());
    for await (const entry of entries) {
      if (entry.header.name === 'package/generated/api.github.com.json') return await text(entry);
      entry.resume();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  throw new Error(`${source} has no description of api.github.com`);
}
