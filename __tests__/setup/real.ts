import { jest } from '@jest/globals';

/** For a test that names no other: an end for what hangs, not a measure of speed, on a machine that is busy. */
jest.setTimeout(60_000);
