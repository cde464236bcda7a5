// The root action over a slipway.yml. Nothing is waited for that can be configured.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustServe, targets } from './places.mjs';

export async function ourChain(stage, host) {
  const image = stage.repository();
  const access = { 'private-key': { file: host.privateKey }, 'known-hosts': readFileSync(host.knownHosts, 'utf8') };
  const url = `http://${host.address}:8080/`;
  const file = {
    build: { targets, cache: false },
    image: { images: image },
    deploy: [
      {
        kind: 'deploy-ssh-systemd',
        hosts: `${host.user}@${host.address}:${host.port}`,
        service: 'service',
        'health-checks': 'http://127.0.0.1:8080/ 200 within 1s',
        'min-healthy-time': '0s',
        ...access,
      },
    ],
    verify: { checks: `${url} 200 within 1s`, successes: 1, hold: '0s', ...access },
  };
  writeFileSync(join(stage.checkout, 'slipway.yml'), JSON.stringify(file, undefined, 2)); // JSON is YAML
  await stage.git('add', 'slipway.yml');
  await stage.git('commit', '-qm', 'slipway.yml');
  return {
    async run(note) {
      rmSync(join(stage.checkout, 'slipway-out'), { recursive: true, force: true });
      const { seconds, log } = await stage.step('release', {}, { env: stage.env() });
      for (const [, link, took] of log.matchAll(/^── (\S+) took ([\d.]+) s$/gm)) note(`  ${link}`, Number(took));
      if (!log.includes('verdict: verified')) throw new Error(`not verified:\n${log.slice(-2000)}`);
      await mustServe(stage, host);
      return note('the chain', seconds);
    },
  };
}
