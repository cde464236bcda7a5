import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Component } from '../../src/core/sbom/components.ts';
import { licensesOf } from '../../src/setup-go-cross/licenses/of-modules.ts';
import { command, kept, root } from '../e2e/support.ts';
import { describeWith } from './lab.ts';

await describeWith('go', 'licenses of real modules', ({ go }) => {
  test('most of those that a service of somebody else needs are stated, the two in one file are not', async () => {
    const directory = join(root, 'examples', 'podinfo');
    const env = { ...process.env, GOMODCACHE: kept.goModules, GOTOOLCHAIN: 'local' };
    const goroot = (await command([go, 'env', 'GOROOT'], { cwd: directory, env })).trim();
    const said = await command([go, 'mod', 'download', '-json'], { cwd: directory, env, timeout: 200_000 });
    const modules = said
      .split(/(?<=^\})\n/m)
      .filter(text => text.trim() !== '')
      .map(text => JSON.parse(text) as { Path: string; Version: string });
    const components = [...modules, { Path: 'stdlib', Version: '' }].map(
      ({ Path: name, Version: version }): Component => ({ type: 'library', 'bom-ref': name, name, version }),
    );
    const licenses = await licensesOf({ modules: kept.goModules, goroot, directory })(components);
    const known: Record<string, string | undefined> = {
      'github.com/stefanprodan/podinfo': 'Apache-2.0',
      'github.com/gorilla/mux': 'BSD-3-Clause',
      'github.com/gorilla/websocket': 'BSD-2-Clause',
      'github.com/prometheus/client_golang': 'Apache-2.0',
      'github.com/beorn7/perks': 'MIT',
      'go.uber.org/zap': 'MIT',
      'golang.org/x/net': 'BSD-3-Clause',
      stdlib: 'BSD-3-Clause',
      'go.yaml.in/yaml/v3': undefined, // MIT and Apache-2.0, each for some of the files
      'go.opentelemetry.io/otel': undefined, // Apache-2.0, and behind it BSD-3-Clause of parts
    };
    const names = components.map(one => one.name);
    for (const [name, id] of Object.entries(known)) {
      expect(names).toContain(name);
      expect([name, licenses.get(name)]).toEqual([name, id]);
    }
    expect(licenses.size).toBeGreaterThan(0.7 * components.length);
  }, 240_000);
});
