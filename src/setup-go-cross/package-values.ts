import { SlipwayError } from '../core/errors.ts';
import { list, mapped, type Value } from '../core/values.ts';

/** Go reads a word with a dash in front as a flag, wherever it stands: `-toolexec=…` would start a program. */
const noFlag = (words: string[]): string[] => {
  const flag = words.find(word => word.startsWith('-'));
  if (flag === undefined) return words;
  throw new SlipwayError('PACKAGE_INVALID', `"${flag}" would be a flag of the go command`, {
    hint: 'Write ./ in front of a folder whose name begins with a dash; flags have inputs of their own, or GOFLAGS.',
  });
};

export const packagePatterns: Value<string[]> = mapped(list, 'import paths or patterns, e.g. ./cmd/...', noFlag);

/** Build constraints take letters, digits, underscores and dots (go/build/constraint). */
export const tagList: Value<string[]> = mapped(list, 'build tags: letters, digits, _ and .', words => {
  const wrong = words.find(word => !/^[\p{L}\p{Nd}_.]+$/u.test(word));
  if (wrong === undefined) return words;
  throw new SlipwayError('TAG_INVALID', `"${wrong}" cannot be a build tag`);
});
