// Arguments that make this program something else than the action; apart, so that a helper need not load the action.

/** The go command's cache (GOCACHEPROG). */
export const cacheRole = 'slipway-go-cache';
/** The client of the runner's cache. */
export const clientRole = 'slipway-cache-client';

/** What a helper says to the person who reads the log: at the beginning of its line, among those of the go command. */
export const helperMark = 'slipway: ';

/** Variable of a go command that takes no turn at a shared cache: it is short, and somebody watches that it goes on. */
export const noTurn = 'SLIPWAY_NO_TURN';
