/** What the input `toolchain-sources` may name; apart from the sources themselves, which nobody loads who only reads inputs. */
export const sourceNames = ['tool-cache', 'index', 'mirror', 'goproxy'] as const;
export type SourceName = (typeof sourceNames)[number];
