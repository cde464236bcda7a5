import { messageOf, SlipwayError } from '../../core/errors.ts';

/** What one look at a place saw. */
export interface Look {
  /** `as-built`: what runs is the record's. `other`: it is something else, or not healthy. `unseen`: it could not be looked at. */
  readonly state: 'as-built' | 'other' | 'unseen';
  /** Waiting does not change it: the place is at rest, or access was refused. */
  readonly final: boolean;
  /** Stable code; present unless as-built. */
  readonly reason?: string;
  readonly detail: string;
  /** Which process or pods were seen; another text at the next look means that they were replaced or restarted. */
  readonly anchor: string;
  /** How often its service was restarted by itself, where that is counted. */
  readonly restarts?: number;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** A place and service of the record, and a way to look at what runs there. */
export interface Subject {
  /** What its finding is; default `identity`. */
  readonly kind?: 'identity' | 'reported';
  readonly name: string;
  /** What is looked for, for the table: a short hash or digest. */
  readonly expected: string;
  /** Never throws for what the place does; throws the signal's reason when aborted. */
  look(signal: AbortSignal): Promise<Look>;
  /** The last lines that the service itself wrote, with what its place says of it. May throw. */
  journal(signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A look that was not possible. */
export function unseen(reason: string, detail: string, final: boolean): Look {
  return { state: 'unseen', final, reason, detail, anchor: '', evidence: {} };
}

/** Message, code and hint in one line. */
export function wholeMessage(error: unknown): string {
  if (!(error instanceof SlipwayError)) return messageOf(error);
  return `${error.message} [${error.code}]${error.hint === undefined ? '' : `. ${error.hint}`}`;
}
