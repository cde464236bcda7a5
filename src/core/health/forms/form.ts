import type { Check } from '../check.ts';
import type { Item, Key } from './readers.ts';

/** How checks of one kind are written. */
export interface Form {
  /** Begins the short form, and is the key that names the target. */
  readonly word: string;
  /** An example of the short form. */
  readonly example: string;
  /** The other keys by the names that users write. */
  readonly keys: Readonly<Record<string, Key>>;
  /** Everything behind the word is the target: a command's arguments are nobody's keys. */
  readonly whole?: true;
  /** Takes the target, the keys' values by their camel-case names, and the item as it was written. */
  readonly make: (target: unknown, given: Given, item: Item) => Check;
}

/** What was read from the keys; absent keys are absent. */
// biome-ignore lint/suspicious/noExplicitAny: each form takes what its own keys read
export type Given = Readonly<Record<string, any>>;
