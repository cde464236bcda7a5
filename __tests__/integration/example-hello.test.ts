import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { describeWith } from './lab.ts';

const directory = join(import.meta.dirname, '..', '..', 'examples', 'hello');

await describeWith('go', 'examples/hello', lab => {
  const go = (...args: string[]) =>
    run([lab.go, ...args], { cwd: directory, timeout: 240_000, env: { ...process.env, CGO_ENABLED: '0' } });

  test('its own tests pass: configuration levels, reload, graceful stop, socket activation, metrics', async () => {
    const { stdout } = await go('test', '-v', './...');
    const passed = stdout.match(/^--- PASS: \w+/gm)?.map(line => line.slice('--- PASS: '.length)) ?? [];
    expect(passed.length).toBeGreaterThan(20);
    expect(stdout).not.toContain('--- SKIP');
  }, 250_000);

  test('go vet has nothing to say', async () => {
    expect((await go('vet', './...')).stderr).toBe('');
  }, 250_000);
});
