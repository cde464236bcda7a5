/**
 * A component that cannot be had on this machine.
 * `what` is the component, `why` the reason as seen here, `get` the command or step that gets it.
 */
export class Missing extends Error {
  constructor(what, why, get) {
    super(`${what}: ${why}; to get it: ${get}`);
    this.name = 'Missing';
    this.what = what;
    this.why = why;
    this.get = get;
  }
}
