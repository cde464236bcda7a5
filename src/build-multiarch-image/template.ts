import { posix } from 'node:path';
import { SlipwayError } from '../core/errors.ts';
import { knownTargets } from '../core/target.ts';

/** What a path says about a binary, as far as its template has the words. */
export interface Named {
  readonly name?: string;
  readonly os?: string;
  readonly arch?: string;
  readonly variant?: string;
}

export interface Template {
  /** Finds the files. */
  readonly glob: string;
  /** What a found path (relative, with slashes) says; undefined when it does not fit. */
  readonly read: (path: string) => Named | undefined;
}

const alternatives = (part: number) => [...new Set(knownTargets.map(target => target.split('/')[part]!))].join('|');
const words: Record<string, string> = {
  name: '[^/]+?',
  os: alternatives(0),
  arch: alternatives(1),
  variant: '[-_]?v\\d[\\d.]*|[-_]?(?:softfloat|hardfloat|power\\d+|rva\\d+u64|sse2)|',
  ext: '\\.exe|',
};
const word = /\{(\w+)\}/g;

/** `dist/{name}-{os}-{arch}{variant}`, or a plain glob. Any other word in braces is an error, unless it is a glob's list. */
export function parseTemplate(text: string): Template {
  const pattern = posix.normalize(text);
  const found = [...pattern.matchAll(word)].map(match => match[1]!);
  const unknown = found.find(name => words[name] === undefined);
  if (unknown !== undefined) {
    throw new SlipwayError('INPUT_INVALID', `input "binaries": {${unknown}} in "${text}" is unknown`, {
      hint: `Templates have ${Object.keys(words)
        .map(name => `{${name}}`)
        .join(', ')}.`,
    });
  }
  if (found.length === 0) return { glob: pattern, read: () => ({}) };
  const glob = pattern.replaceAll(word, '*').replaceAll(/\*{2,}(?!\/)/g, '*');
  const seen = new Set<string>();
  const source = pattern
    .split(/(\{\w+\}|\*\*\/|\*|\?)/)
    .map(part => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>${words[name]})`;
    })
    .join('');
  const expression = new RegExp(`^${source}$`);
  return {
    glob,
    read: path => {
      const groups = expression.exec(posix.normalize(path))?.groups;
      if (groups === undefined) return undefined;
      const { name, os, arch, variant } = groups;
      const plain = variant?.replace(/^[-_]/, '');
      return {
        ...(name && { name }),
        ...(os && { os }),
        ...(arch && { arch }),
        ...(plain && { variant: plain }),
      };
    },
  };
}
