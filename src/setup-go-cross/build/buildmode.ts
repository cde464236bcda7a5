import type { GoBinary, Layout } from '../../core/binary/index.ts';
import { SlipwayError } from '../../core/errors.ts';
import { cgoSupported, formatTarget, type Target } from '../../core/target.ts';

export type BuildMode = 'exe' | 'pie' | 'c-shared' | 'c-archive';

/** `BuildModeSupported` of Go 1.26 (internal/platform); a test asks the real go command for every target. */
const supported: Record<BuildMode, (pair: string) => boolean> = {
  exe: () => true,
  pie: pair =>
    every(pair, {
      linux: shared,
      android,
      freebsd: ['amd64'],
      darwin,
      ios: darwin,
      aix: ['ppc64'],
      openbsd: ['arm64'],
      windows,
    }),
  'c-shared': pair => every(pair, { linux: shared, android, freebsd: ['amd64'], darwin, windows, wasip1: ['wasm'] }),
  'c-archive': pair => every(pair, { linux: shared, freebsd: ['amd64'], darwin, ios: darwin, windows, aix: ['ppc64'] }),
};
const shared = ['386', 'amd64', 'arm', 'arm64', 'loong64', 'ppc64le', 'riscv64', 's390x'];
const android = ['386', 'amd64', 'arm', 'arm64'];
const darwin = ['amd64', 'arm64'];
const windows = ['386', 'amd64', 'arm64'];

const every = (pair: string, systems: Record<string, readonly string[]>) => {
  const [os = '', arch = ''] = pair.split('/');
  return systems[os]?.includes(arch) ?? false;
};

/** `InternalLinkPIESupported`: elsewhere a C compiler links. */
const pieByGo = /^(android\/arm64|darwin\/.*|linux\/(amd64|arm64|loong64|ppc64le)|windows\/.*)$/;

const pairOf = ({ os, arch }: Target) => `${os}/${arch}`;

/** Whether Go can only build it with a C compiler, whatever the program is. */
export function needsCgo(target: Target, mode: BuildMode | undefined): boolean {
  const pair = pairOf(target);
  if (mode === 'c-archive' || (mode === 'c-shared' && target.os !== 'wasip1')) return true;
  if (mode === 'pie' && !pieByGo.test(pair)) return true;
  // `MustLinkExternal`
  return (target.os === 'android' && target.arch !== 'arm64') || pair === 'ios/arm64';
}

/**
 * Before anything is built: every target must have the build mode, and a C compiler where Go needs one.
 *
 * @throws SlipwayError BUILDMODE_UNSUPPORTED, CGO_NEEDED, CGO_UNSUPPORTED
 */
export function assertBuildable(targets: readonly Target[], mode: BuildMode | undefined, cgo: boolean): void {
  const names = (some: readonly Target[]) => some.map(formatTarget).join(', ');
  const without = targets.filter(target => mode !== undefined && !supported[mode](pairOf(target)));
  if (without.length > 0) {
    throw new SlipwayError('BUILDMODE_UNSUPPORTED', `Go has no -buildmode=${mode} for ${names(without)}`, {
      hint: 'Leave these targets out, or build them in a step of their own without buildmode.',
    });
  }
  const compiled = targets.filter(target => needsCgo(target, mode));
  const impossible = compiled.filter(target => !cgoSupported(target));
  if (impossible.length > 0) {
    throw new SlipwayError('CGO_UNSUPPORTED', `Go has no cgo for ${names(impossible)}, and ${reason(mode)} needs it`, {
      hint: 'Leave these targets out.',
    });
  }
  if (cgo || compiled.length === 0) return;
  throw new SlipwayError('CGO_NEEDED', `${reason(mode)} for ${names(compiled)} needs a C compiler, and cgo is off`, {
    hint: 'Set cgo to gcc or zig, or leave these targets out. Nothing was built.',
  });
}

const reason = (mode: BuildMode | undefined) =>
  mode === undefined || mode === 'exe' ? 'a program' : `buildmode ${mode}`;

/** What the file is called at its end: `{ext}` of the output template. */
export function extensionOf(target: Target, mode: BuildMode | undefined): string {
  if (mode === 'c-archive') return '.a';
  if (target.arch === 'wasm') return '.wasm';
  if (mode === 'c-shared') return { windows: '.dll', darwin: '.dylib', ios: '.dylib' }[target.os] ?? '.so';
  return target.os === 'windows' ? '.exe' : '';
}

/** Path of the C header that go writes beside a library; undefined for programs and for WASI reactors. */
export function headerOf(output: string, target: Target, mode: BuildMode | undefined): string | undefined {
  if (mode !== 'c-archive' && (mode !== 'c-shared' || target.arch === 'wasm')) return undefined;
  const extension = extensionOf(target, mode);
  return `${output.endsWith(extension) ? output.slice(0, -extension.length) : output}.h`;
}

/** How the file must be laid out; undefined where its format does not tell, or where the system decides. */
export function layoutOf(binary: GoBinary, mode: BuildMode | undefined): Layout | undefined {
  if (mode === undefined || binary.layout === undefined) return undefined;
  if (mode === 'exe') return binary.format === 'elf' && binary.target.os !== 'android' ? 'fixed' : undefined;
  return ({ pie: 'pie', 'c-shared': 'library', 'c-archive': 'archive' } as const)[mode];
}
