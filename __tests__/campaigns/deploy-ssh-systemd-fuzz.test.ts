import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { SlipwayError } from '../../src/core/errors.ts';
import { agentCommand } from '../../src/core/host-agent/become.ts';
import { readInputs, variableOf } from '../../src/core/inputs.ts';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { definition } from '../../src/deploy-ssh-systemd/inputs.ts';
import { Talk } from '../integration/agent-talk.ts';
import { deploy, fetchJson, onHost, reach } from '../integration/deploy-ssh-systemd.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { marker, nasty } from '../integration/nasty.ts';

const service = `slw-fuzz-${process.pid}`;
/** How many names each request takes. Left out are those that would change this machine: "bootstrap", "user", "upstream" and "haproxy". */
const requests: Record<string, number> = {
  ...{ facts: 4, state: 1, lock: 2, verify: 1, try: 1, switch: 6, watch: 2, confirm: 1, revert: 2, manifest: 1 },
  ...{ journal: 2, prune: 3, fetch: 1, alive: 1, release: 2 },
};

jest.setTimeout(60_000);

await describeWith(['package:dash', 'package:bash', 'package:busybox'], 'the agent, fuzzed', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-fuzz-'));
    await rm(marker, { force: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const request = fc
    .constantFrom(...Object.keys(requests))
    .chain(verb =>
      fc.tuple(fc.constant(verb), fc.array(nasty, { minLength: requests[verb]!, maxLength: requests[verb]! })),
    );

  test.each(['dash', 'bash', 'busybox sh'])(
    '%s: whatever a request holds, nothing of it is executed, and nothing is written elsewhere',
    async shell => {
      await fc.assert(
        fc.asyncProperty(fc.array(request, { minLength: 5, maxLength: 15 }), nasty, async (all, verb) => {
          const agent = new Talk(['/bin/sh', '-c', agentCommand('none').replaceAll('/bin/sh', shell)]);
          await agent.start();
          await agent.ask('facts', [service, join(folder, 'app')]);
          await agent.ask('lock', ['t1', 'me']);
          agent.child.stdin.write(`${verb.replaceAll('\n', ' ')} ${verb.split('\n')[0]}\n`);
          for (const [name, args] of all) if ((await agent.ask(name, args)).end === 'ended') break;
          agent.child.kill('SIGKILL');
          expect(existsSync(marker)).toBe(false);
          expect(await readdir(folder)).toEqual(['app']);
        }),
        { numRuns: 12 },
      );
    },
    120_000,
  );
});

/** Serves its arguments and its environment. */
const source = `package main

import (
	"encoding/json"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"args": os.Args[1:], "value": os.Getenv("VALUE")})
	})
	panic(http.ListenAndServe(":8080", nil))
}
`;

await describeWith(['fresh:host41', 'go'], 'deploy-ssh-systemd: every input, fuzzed', lab => {
  const host = lab['fresh:host41'];
  let folder: string;
  let inputs: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-fuzz-'));
    await mkdir(join(folder, 'program'));
    await writeFile(join(folder, 'program/go.mod'), 'module program\n\ngo 1.26\n');
    await writeFile(join(folder, 'program/main.go'), source);
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' };
    const binary = join(folder, 'echo');
    await run([lab.go, 'build', '-o', binary, '.'], { cwd: join(folder, 'program'), env, timeout: 200_000 });
    inputs = { ...(await reach(host)), service: 'echo', binary, listen: '8080', 'min-healthy-time': '100ms' };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  const executed = async () =>
    existsSync(marker) || (await onHost(host, 'sh', '-c', `[ -e ${marker} ] && echo yes; true`)) !== '';

  test('arguments and environment arrive as they are', async () => {
    const text = nasty.filter(one => one === one.trim() && one !== '');
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 8, maxLength: 12 }), text, async (args, value) => {
        const given = {
          args: JSON.stringify(args),
          environment: JSON.stringify({ VALUE: value.replaceAll('\r', '') }),
        };
        const done = await deploy({ ...inputs, ...given });
        expect(done.log).not.toContain('::error');
        const { body } = await fetchJson(`http://${host.address}:8080/`);
        expect(body).toEqual({ args, value: value.replaceAll('\r', '') });
        expect(await executed()).toBe(false);
      }),
      { numRuns: 4, endOnFailure: true },
    );
  }, 120_000);

  test('every other input: never executed, here or on the host', async () => {
    const asText = Object.entries(definition.inputs).filter(
      ([name]) => !['args', 'environment', 'config'].includes(name),
    );
    const cases = asText.flatMap(([name]) => fc.sample(nasty, 3).map(value => ({ [name]: value })));
    // what is refused as it is read goes nowhere; the others go as far as they come
    const taken = cases.filter(one => {
      try {
        const given = { ...inputs, ...one };
        readInputs(
          definition.inputs,
          Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value])),
        );
        return true;
      } catch (error) {
        expect((error as SlipwayError).code).toBe('INPUT_INVALID');
        return false;
      }
    });
    expect(taken.length).toBeGreaterThan(5);
    await Promise.all(taken.map(one => deploy({ mode: 'plan', ...inputs, ...one })));
    expect(await executed()).toBe(false);
  }, 60_000);

  test('a record’s name and version, who deploys', async () => {
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (version, name) => {
        const record = {
          ...{ schema: 'slipway.release/v1', name, version, commit: 'c', commitTime: '2026-01-01T00:00:00Z' },
          ...{ binaries: [], images: [], deployments: [] },
        } as unknown as ReleaseRecord;
        await deploy({ ...inputs }, record);
        expect(await executed()).toBe(false);
      }),
      { numRuns: 2, endOnFailure: true },
    );
  }, 60_000);
});
