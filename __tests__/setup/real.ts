import { afterAll, afterEach, beforeEach, jest } from '@jest/globals';
import { beginTest, endFile, endTest } from '../integration/leftovers.ts';

/** For a test that names no other: an end for what hangs, not a measure of speed, on a machine that is busy. */
jest.setTimeout(60_000);

/** Of the hosts that a file boots (scripts/lab/host/generators.mjs). */
process.env['SLIPWAY_LAB_GENERATORS'] = 'masked';

beforeEach(beginTest);
afterEach(endTest);
afterAll(endFile);
