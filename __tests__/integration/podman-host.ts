import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type LabHost, type LabRegistry, labModule } from './lab.ts';

/**
 * Debian's podman and crun on a host of the lab, and not on this machine, where buildah would take crun, too. What differs from one of hardware: its root is an overlay, which no other one
 * can be put onto (vfs instead), and a container may not make keyrings.
 *
 * @param insecure `host:port` of a registry without TLS
 */
export async function installPodman(host: LabHost, insecure: string): Promise<void> {
  const { install } = await labModule('host');
  await install(host.name, ['podman', 'crun']);
  const files = {
    'storage.conf':
      '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n',
    'containers.conf': '[containers]\nkeyring = false\n',
    'registries.conf.d/lab.conf': `[[registry]]\nlocation = "${insecure}"\ninsecure = true\n`,
  };
  const folder = join(host.root, 'etc/containers');
  await mkdir(join(folder, 'registries.conf.d'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

export interface GuardedRegistry extends AsyncDisposable {
  /** `address:port`, reached by the hosts of the lab, too. */
  readonly host: string;
}

/** The lab's registry behind a door that lets in who has the password only. */
export async function guardRegistry(
  registry: LabRegistry,
  username: string,
  password: string,
): Promise<GuardedRegistry> {
  const wanted = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const address = new URL(registry.url).hostname;
  const server = createServer((incoming, outgoing) => {
    if (incoming.headers.authorization !== wanted) {
      outgoing.writeHead(401, { 'www-authenticate': 'Basic realm="lab"' }).end();
      return;
    }
    const { method, url, headers } = incoming;
    const passed = request(`${registry.url}${url}`, { ...(method && { method }), headers }, answer => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>(resolve => server.listen(0, address, resolve));
  return {
    host: `${address}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
