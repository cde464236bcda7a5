/** Loads ssh2 only when it is used: half of what it costs to start is saved by the runs that need none. */
export async function loadSsh2(): Promise<typeof import('ssh2')> {
  // ssh2 reads __dirname when it loads; inside a bundle of ES modules there is none.
  const names = globalThis as unknown as Record<string, unknown>;
  names['__dirname'] ??= import.meta.dirname;
  names['__filename'] ??= import.meta.filename;
  const module = await import('ssh2');
  return module.default ?? module;
}

/** Not public: the version of ssh2 is pinned for it. */
export async function loadSsh2Utils(): Promise<typeof import('ssh2/lib/protocol/utils.js')> {
  await loadSsh2();
  const module = (await import('ssh2/lib/protocol/utils.js')) as {
    default?: typeof import('ssh2/lib/protocol/utils.js');
  };
  return module.default ?? (module as typeof import('ssh2/lib/protocol/utils.js'));
}
