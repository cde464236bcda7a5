/** Ends the waiting at a step; nothing went wrong. Thrown through everything that watches. */
export class Interruption extends Error {
  readonly kind: 'paused' | 'promote' | 'progressing';
  /** Who asked for it. */
  readonly by: string;

  constructor(kind: Interruption['kind'], by: string) {
    super(kind);
    this.kind = kind;
    this.by = by;
  }
}
