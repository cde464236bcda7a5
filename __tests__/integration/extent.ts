import { test } from '@jest/globals';

/** Every case is tried (`npm run campaign`), not only those of the short form (`npm test`). */
export const campaign = process.env['SLIPWAY_CAMPAIGN'] !== undefined;

const left = () => undefined;

/** A test that belongs to the long form alone; no table of a README rests on one. */
export const campaignTest = (campaign ? test : Object.assign(left, { each: () => left })) as typeof test;
