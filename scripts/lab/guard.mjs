// The tests start lab components as they need them; what was not up before the tests is ended after them.
/** Notes what is up now; the function it resolves with ends everything that came up since. */
export async function labGuard() {
  const before = await running();
  return async () => {
    const after = await running();
    for (const component of after.filter(one => !before.some(known => known.name === one.name))) await component.down();
    if (before.length === 0 && after.length > 0) (await import('./network.mjs')).removeBridge();
  };
}

/** What of the lab is running: [{ name, down() }]. */
async function running() {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return [];
  const found = [];
  for (const kind of ['cluster2', 'cluster', 'host', 'registry']) {
    const component = await import(`./${kind}.mjs`);
    for (const one of [await component.status()].flat().filter(state => state.running)) {
      found.push({ name: one.name ?? kind, down: () => component.down({ name: one.name, cut: true }) });
    }
  }
  return found;
}
