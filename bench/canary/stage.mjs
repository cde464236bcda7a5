// What the parts on the real cluster stand on: a namespace of their own, images of the example, and our step as a runner starts it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ownNamespace, pushExample } from '../../__tests__/integration/canary-lab.ts';
import * as cluster from '../../scripts/lab/cluster.mjs';
import { ensureGo } from '../../scripts/lab/go.mjs';
import * as registry from '../../scripts/lab/registry.mjs';
import { startAction } from '../../src/release/start.ts';
import { moduleVersion } from '../lib/module-version.mjs';
import { saidPeak, sayPeak } from '../lib/peak.mjs';

const longest = 10 * 60_000;

export async function makeCanaryStage({ dist, namespace, progress }) {
  const lab = {
    cluster: await cluster.up({ progress }),
    registry: await registry.up({ progress }),
    go: await ensureGo(),
  };
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-canary-'));
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let jobs = 0;
  return {
    lab,
    kubectl,
    fresh,
    /** Images by name: { bad: ['v2', 'HELLO_ERROR_RATE=0.1'] }. */
    images: wanted => pushExample(lab, wanted),
    /**
     * Our step with manifests by file name: { code, seconds, peak, log, lines, outputs, at }. `lines` have the time at which each
     * was said (performance.now()), `at(TEXT)` is that of the first with the text. Each line is told to `onLine` as it comes.
     */
    async act(inputs, manifests, { onLine = () => {}, signal = AbortSignal.timeout(longest) } = {}) {
      const job = join(folder, `job-${++jobs}`);
      mkdirSync(job);
      for (const [name, text] of Object.entries(manifests)) {
        mkdirSync(dirname(join(job, name)), { recursive: true });
        writeFileSync(join(job, name), text);
      }
      const given = { 'working-directory': job, namespace, summary: 'false', ...inputs };
      const env = {
        PATH: process.env.PATH,
        KUBECONFIG: lab.cluster.kubeconfig,
        NODE_OPTIONS: sayPeak,
        RUNNER_TEMP: folder,
      };
      const lines = [];
      const onOutput = chunk => {
        const at = performance.now();
        for (const text of chunk.split('\n').filter(Boolean)) {
          lines.push({ text, at });
          onLine(text, at);
        }
      };
      const began = performance.now();
      const { code, outputs } = await startAction('deploy-k8s-canary', { dist, inputs: given, env, onOutput, signal });
      const seconds = (performance.now() - began) / 1000;
      const log = lines.map(({ text }) => text).join('\n');
      const at = wanted => lines.find(({ text }) => text.includes(wanted))?.at;
      return { code, began, seconds, peak: saidPeak(log), log, lines, outputs, at };
    },
    /** Of the cluster, and of programs by name: { hey: path }. */
    async versions(programs = {}) {
      const versions = { kubernetes: JSON.parse(await kubectl(['version', '-o', 'json'])).serverVersion.gitVersion };
      for (const [name, path] of Object.entries(programs)) versions[name] = await moduleVersion(lab.go, path);
      return versions;
    },
    async end() {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
