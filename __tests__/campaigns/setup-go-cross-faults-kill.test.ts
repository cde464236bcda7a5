import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { describeWith } from '../integration/lab.ts';
import { machinesGo, misbehave, put } from '../integration/setup-go-cross-faults.ts';
import { isInstalled, step } from '../integration/setup-go-cross-runner.ts';
import { serve } from '../setup-go-cross/server.ts';
import { goroot, zip } from '../setup-go-cross/toolchain/archives.ts';

jest.setTimeout(60_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-kill-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signals = ['SIGKILL', 'SIGTERM'] as const;

describe('killed while Go is installed', () => {
  const version = '1.99.1';
  const arch = process.arch === 'x64' ? 'amd64' : 'arm64';
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`src/p${index}/a.go`, 'package a\n']));
  const archive = zip('go/', { ...goroot(version), ...many });
  const filename = `go${version}.linux-${arch}.zip`;
  const file = { filename, os: 'linux', arch, kind: 'archive', sha256: sha256(archive), size: archive.length };
  let server: Awaited<ReturnType<typeof serve>>;
  let stops = false;
  beforeAll(async () => {
    server = await serve((request, response) => {
      if (request.url !== `/${filename}`) response.end(JSON.stringify([{ version: `go${version}`, files: [file] }]));
      else if (stops) misbehave(response, 'half', archive);
      else response.end(archive);
    });
  });
  afterAll(() => server.close());
  const setUp = (tools: string, onLog?: (log: string, child: ChildProcess) => void) =>
    step(
      {
        'go-version': version,
        'toolchain-sources': 'tool-cache, mirror',
        'go-download-base-url': server.url,
        cache: 'false',
      },
      { RUNNER_TOOL_CACHE: tools, GOTOOLCHAIN: undefined },
      undefined,
      onLog,
    );

  test.each([
    ['downloaded', 'SIGKILL'],
    ['downloaded', 'SIGTERM'],
    ['unpacked', 'SIGKILL'],
    ['unpacked', 'SIGTERM'],
  ] as const)('while it is %s, by %s', async (stage, signal) => {
    const tools = mkdtempSync(join(folder, 'tools-'));
    const place = join(tools, 'go', version);
    stops = stage === 'downloaded';
    const begun = () => {
      const parts = readdirSync(place).filter(name => name.endsWith('.part'));
      return stops || parts.some(name => readdirSync(join(place, name)).length > 0);
    };
    let killed = false;
    const done = await setUp(tools, (log, child) => {
      if (killed || !log.includes('downloading ')) return;
      killed = true;
      const timer = setInterval(
        () => {
          if (child.exitCode !== null || child.signalCode !== null) clearInterval(timer);
          else if (begun()) {
            clearInterval(timer);
            child.kill(signal);
          }
        },
        stops ? 200 : 1,
      );
    });
    expect(done.code).not.toBe(0);
    expect(done.path).toEqual([]);
    expect(isInstalled(tools, version)).toBe(false);
    const left = readdirSync(place);
    if (signal === 'SIGTERM') expect(left).toEqual([]);
    else expect(left.some(name => name.includes('.part'))).toBe(true); // else the next lines would show nothing
    stops = false;
    expect(await setUp(tools)).toMatchObject({ code: 0 });
    expect(readdirSync(place).sort()).toEqual([
      process.arch,
      `${process.arch}.complete`,
      `${process.arch}.slipway.json`,
    ]);
  });
});

await describeWith('go', 'killed while it builds', lab => {
  let go: Awaited<ReturnType<typeof machinesGo>>;
  let directory: string;
  beforeAll(async () => {
    go = await machinesGo(lab.go, folder);
    directory = put(join(folder, 'program'), {
      'go.mod': 'module example.com/hello\n\ngo 1.21\n',
      'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("hello") }\n',
    });
  });
  const build = (onLog?: (log: string, child: ChildProcess) => void) =>
    step(
      { ...go.inputs, 'working-directory': directory, targets: 'linux/amd64, linux/arm64' },
      { ...go.env, GOPROXY: 'off', GOMODCACHE: join(folder, 'modules') },
      undefined,
      onLog,
    );
  const out = () => join(directory, 'slipway-out');
  const whole = [
    'SHA256SUMS',
    'hello-linux-amd64',
    'hello-linux-amd64.cdx.json',
    'hello-linux-arm64',
    'hello-linux-arm64.cdx.json',
    'provenance.intoto.json',
    'release.json',
  ];

  const stages = [
    ['the builds begin', /building 2 programs/],
    ['the first program is there', /\(1 of 2\)/],
    ['the last program is there', /\(2 of 2\)/],
  ] as const;
  test.each(stages.flatMap(([stage, sign]) => signals.map(signal => ({ stage, sign, signal }))))(
    'when $stage, by $signal: the next run is whole',
    async ({ sign, signal }) => {
      rmSync(out(), { recursive: true, force: true });
      let killed = false;
      const done = await build((log, child) => {
        if (killed || !sign.test(log.slice(log.indexOf('is on PATH')))) return;
        killed = true;
        child.kill(signal);
      });
      expect(killed).toBe(true);
      // Whatever it had come to: no record without its programs, and nothing half under a real name.
      const left = existsSync(out()) ? readdirSync(out()) : [];
      if (left.includes('release.json'))
        expect(left).toEqual(expect.arrayContaining(whole.filter(name => name !== 'SHA256SUMS')));
      if (signal === 'SIGTERM' && done.code !== 0)
        expect(left.filter(name => name.startsWith('building-'))).toEqual([]);
      const again = await build();
      expect(again).toMatchObject({ code: 0 });
      expect(readdirSync(out()).sort()).toEqual(whole);
      await run(['sha256sum', '--check', '--quiet', 'SHA256SUMS'], { cwd: out(), timeout: 10_000 });
    },
  );

  test('the folder of a run that is under way is not taken for rubbish', async () => {
    const other = join(
      out(),
      (await run([process.execPath, '--input-type=module', '-e', nameOfRunning()], { timeout: 10_000 })).stdout.trim(),
    );
    mkdirSync(other, { recursive: true });
    expect(await build()).toMatchObject({ code: 0 });
    expect(existsSync(other)).toBe(true);
  });

  /** Prints the name that a folder of this test’s own process would have: it runs. */
  function nameOfRunning(): string {
    const module = JSON.stringify(join(import.meta.dirname, '../../src/setup-go-cross/temporary.ts'));
    return `const { owner } = await import(${module}); console.log('building-' + owner.replace(/\\d+$/, ${process.pid}) + '-other')`;
  }
});
