import { jest } from '@jest/globals';

/** For a test that names no other: an end for what hangs, not a measure of speed, on a machine that is busy. */
jest.setTimeout(60_000);
// On real hosts, registries and clusters, with busy cores: what fails is tried once more at once. What it said the first
// time stays in the log, and scripts/test.mjs names it.
jest.retryTimes(1, { logErrorsBeforeRetry: true, retryImmediately: true });
