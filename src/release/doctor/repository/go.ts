import { withoutComments } from '../../../core/go-code.ts';
import { type Check, fail, judge, pass, type Seen, unknown } from '../check.ts';
import type { Repository } from './facts.ts';
import { elsewhere, textsOf } from './section.ts';

export const goChecks: readonly Check<Repository>[] = [
  {
    id: 'go-locked',
    title: 'The version of Go is exact.',
    reason: 'A range builds the same commit with another compiler tomorrow, and nobody chose that.',
    fix: 'Write `go 1.26.8` (or a line `toolchain`) into go.mod, or `go-version: 1.26.8` into `build`.',
    level: 'must',
    look: goLocked,
  },
  {
    id: 'go-sum',
    title: 'go.sum has the hash of every module that go.mod names.',
    reason: 'What has no hash is whatever the server sends; the build stops, or takes it on trust.',
    fix: 'Run `go mod tidy` and commit go.sum.',
    level: 'must',
    look: goSum,
  },
  {
    id: 'graceful-stop',
    title: 'The program handles SIGTERM.',
    reason: 'It is sent at each release and each drained node: without a handler, requests under way are cut.',
    fix: 'End by `signal.NotifyContext(ctx, syscall.SIGTERM)` and `server.Shutdown`.',
    level: 'must',
    look: gracefulStop,
  },
];

function goLocked({ file, texts }: Repository): Seen[] {
  const { build } = file;
  if (build === undefined) return [];
  const at = (input: string) => file.at(['build', input]);
  for (const [input, loose] of [
    ['check-latest', 'true'],
    ['go-version-policy', 'patch'],
  ] as const)
    if (textsOf(build, input)?.[0] === loose) return [fail(at(input), `${input}: ${loose}`)];
  const comesFrom = elsewhere(build, 'go-version') ?? elsewhere(build, 'go-version-file');
  if (comesFrom !== undefined) return [unknown(at('go-version'), comesFrom)];
  const [given] = textsOf(build, 'go-version') ?? [];
  if (given !== undefined) return [judge(at('go-version'), isExact(given) ? [] : [given], given)];
  const [name = 'go.mod'] = textsOf(build, 'go-version-file') ?? [];
  const text = texts.get(name);
  if (text === undefined) return [unknown(name, 'it is not beside slipway.yml')];
  const lines = [...text.matchAll(/^(?:go|toolchain) +(?:go)?(\S+)/gm)].map(([, version]) => version!);
  return lines.some(isExact)
    ? [pass(name, lines.find(isExact))]
    : [fail(name, lines[0] ? `go ${lines[0]}` : 'no line go')];
}

const isExact = (version: string) => /^\d+\.\d+(\.\d+|rc\d+)$/.test(version);

function goSum({ texts }: Repository): Seen[] {
  const modules = [...texts].filter(([path]) => /(^|\/)go\.mod$/.test(path));
  return modules.map(([path, text]) => {
    const sum = path.replace(/mod$/, 'sum');
    const hashes = texts.get(sum);
    const needed = requirements(text);
    if (needed.length === 0) return pass(path, 'needs no module');
    if (hashes === undefined) return fail(sum, 'it is missing');
    if (hashes === '') return unknown(sum, 'it is empty, or has more than 1 MB');
    const has = new Set(hashes.split('\n').map(line => line.replace(/ h1:\S+=$/, '')));
    const missing = needed.filter(
      ({ module, indirect }) => !has.has(`${module}/go.mod`) || !(indirect || has.has(module)),
    );
    return judge(
      sum,
      missing.map(({ module }) => `${module} has no hash`),
      `${needed.length} modules`,
    );
  });
}

/** What go.mod requires from elsewhere, as it is replaced: `golang.org/x/net v0.30.0`. Indirect ones need not be built. */
function requirements(text: string): { module: string; indirect: boolean }[] {
  const lines = [...text.matchAll(/^(?:require|replace) *\(([\s\S]*?)^\)|^(?:require|replace) (?!\()(.*)$/gm)];
  const all = lines.flatMap(([, block, single]) => (block ?? single ?? '').split('\n'));
  const replaced = new Map(
    all.flatMap(line => {
      const [, from, to] = /^\s*(\S+)(?: v\S+)? => (\S.*?)\s*(?:\/\/.*)?$/.exec(line) ?? [];
      return from === undefined ? [] : [[from, to!] as const];
    }),
  );
  return all.flatMap(line => {
    const [, name, version, remark = ''] = /^\s*(\S+) (v\S+)\s*(\/\/.*)?$/.exec(line) ?? [];
    if (name === undefined) return [];
    const module = replaced.get(name) ?? `${name} ${version}`;
    return / v\S+$/.test(module) ? [{ module, indirect: remark.includes('indirect') }] : []; // else a folder
  });
}

function gracefulStop({ texts }: Repository): Seen[] {
  const sources = [...texts].filter(([path]) => path.endsWith('.go') && !path.endsWith('_test.go'));
  if (!sources.some(([, text]) => /^package main$/m.test(text))) return [];
  const handler = sources.find(([, text]) => /\bsignal\.Notify(Context)?\(/.test(withoutComments(text)));
  return [
    handler === undefined ? fail('*.go', 'nothing calls signal.Notify or signal.NotifyContext') : pass(handler[0]),
  ];
}
