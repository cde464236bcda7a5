import { afterEach, beforeEach, expect } from '@jest/globals';
import { type GitHub, gitHub } from '../../../src/release/github/index.ts';
import { placeOf } from '../../../src/release/github/place.ts';
import { FakeGitHub } from './fake-github.ts';

/** A fake for each test of a file, and what a run says to it. Every request and answer has to be as GitHub describes it. */
export function withGitHub(): {
  fake: () => FakeGitHub;
  run: (env?: NodeJS.ProcessEnv, signal?: AbortSignal) => GitHub;
} {
  let fake: FakeGitHub;
  beforeEach(async () => {
    fake = await FakeGitHub.start();
  });
  afterEach(async () => {
    await fake.stop();
    expect(fake.problems).toEqual([]);
  });
  const run = (env: NodeJS.ProcessEnv = {}, signal: AbortSignal = new AbortController().signal) =>
    gitHub(fake.api(placeOf(fake.env(env))!), signal);
  return { fake: () => fake, run };
}

/** What is printed while the task runs: warnings are lines of the log. */
export async function printed(task: () => Promise<unknown>): Promise<string> {
  const write = process.stdout.write;
  let text = '';
  process.stdout.write = ((chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  }) as typeof process.stdout.write;
  try {
    await task();
  } finally {
    process.stdout.write = write;
  }
  return text;
}
