const folder = process.env['NODE_COMPILE_CACHE'];

/**
 * For processes that get an environment of their own: where Node keeps what it has compiled while the tests run
 * (scripts/test.mjs). An action started from its sources then takes half of the time.
 */
export const compileCache: Record<string, string> = folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
