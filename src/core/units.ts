import { SlipwayError } from './errors.ts';

const durations: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const sizes: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
};

/** Milliseconds from `300ms`, `30s`, `1m30s`, `2h`. A bare number is an error: it has no unit. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(part => part[0]).join('') !== text) {
    throw new SlipwayError('DURATION_INVALID', `"${text}" is not a duration`, {
      hint: 'Write a number with its unit: 300ms, 30s, 1m30s, 2h.',
    });
  }
  return parts.reduce((sum, part) => sum + Number(part[1]) * durations[part[2]!]!, 0);
}

/** `1m30s` from 90000: the largest units first, at most two of them. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(ms < 10_000 ? 1 : 0))}s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return hours > 0 ? `${hours}h${minutes}m` : `${minutes}m${rest}s`;
}

/** Bytes from `64MiB`, `1.5GB`, `512M` (systemd's and Go's binary K, M, G). A bare number is an error. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([KMG]i?B|[KMG]|B)$/.exec(text);
  const unit = sizes[match?.[2] ?? ''];
  if (!match || unit === undefined) {
    throw new SlipwayError('SIZE_INVALID', `"${text}" is not a size`, {
      hint: 'Write a number with its unit: 64MiB, 1.5GB, 512M.',
    });
  }
  return Math.round(Number(match[1]) * unit);
}

/** `8.3 MB`: decimal units, as registries and disks count. */
export function formatSize(bytes: number): string {
  for (const [unit, factor] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (bytes >= factor) return `${(bytes / factor).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}
