import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { run } from '../../src/core/process.ts';
import { onHost } from './deploy-ssh-systemd.ts';
import type { LabHost } from './lab.ts';

/** Where each of them listens on its host, and what is to be known of it. */
export const nginxFile = '/etc/nginx/conf.d/hello.conf';
export const haproxySocket = '/run/haproxy.sock';
const haproxyPort = 9999;

/**
 * nginx on port 80 and HAProxy on port 81, on 82 with health checks, in front of the backends' port 8080. Neither tries a second server, and nginx
 * does not hold a failure against one: each request that fails is seen, and is one.
 */
export async function startBalancers(host: LabHost, backends: readonly string[]): Promise<void> {
  for (const program of ['/usr/sbin/nginx', '/usr/sbin/haproxy']) await copyProgram(host, program);
  const files = {
    '/etc/nginx/nginx.conf':
      'events {}\nhttp { access_log off; error_log stderr; include /etc/nginx/conf.d/*.conf; }\n',
    [nginxFile]: `upstream hello {
${backends.map((address, index) => `    server ${address}:8080 max_fails=0;${index === 0 ? ' # web1' : ''}`).join('\n')}
}
server {
    listen 80;
    location / { proxy_pass http://hello; proxy_next_upstream off; }
}
`,
    '/etc/systemd/system/nginx.service': `[Service]
Type=forking
PIDFile=/run/nginx.pid
ExecStart=/usr/sbin/nginx
ExecReload=/usr/sbin/nginx -s reload
[Install]
WantedBy=multi-user.target
`,
    '/etc/haproxy.cfg': `global
    stats socket ${haproxySocket} mode 666 level admin
    stats socket ipv4@*:${haproxyPort} level admin
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    retries 0
frontend in
    bind :81
    default_backend app
backend app
${backends.map(address => `    server ${address} ${address}:8080`).join('\n')}
frontend checks
    bind :82
    default_backend checked
backend checked
    option httpchk GET /readyz
    default-server check inter 500ms rise 3 fall 1
${backends.map(address => `    server ${address} ${address}:8080`).join('\n')}
`,
    '/etc/systemd/system/haproxy.service':
      '[Service]\nExecStart=/usr/sbin/haproxy -db -f /etc/haproxy.cfg\n[Install]\nWantedBy=multi-user.target\n',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(host.root, path)), { recursive: true });
    await writeFile(join(host.root, path), text);
  }
  for (const folder of ['/var/log/nginx', '/var/lib/nginx']) await mkdir(join(host.root, folder), { recursive: true });
  await onHost(host, 'systemctl', 'daemon-reload');
  await onHost(host, 'systemctl', 'enable', '--now', 'nginx', 'haproxy');
}

/** HAProxy's answer to a command of its runtime API. */
export async function askHaproxy(host: LabHost, command: string): Promise<string> {
  const socket = connect(haproxyPort, host.address);
  socket.write(`${command}\n`);
  const parts = await Array.fromAsync(socket);
  return Buffer.concat(parts).toString().trim();
}

/** What HAProxy says of a server: UP, DRAIN, MAINT. */
export async function haproxyStatus(host: LabHost, server: string): Promise<string | undefined> {
  const rows = (await askHaproxy(host, 'show stat')).split('\n').map(row => row.split(','));
  const at = rows[0]!.indexOf('status');
  return rows.find(([backend, name]) => `${backend}/${name}` === server)?.[at];
}

/** A program of this machine, which is the same Debian, with the libraries that the host does not have. */
async function copyProgram(host: LabHost, program: string): Promise<void> {
  const { stdout } = await run(['ldd', program], { timeout: 10_000 });
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
  for (const path of [program, ...libraries]) {
    const to = join(host.root, path);
    if (existsSync(to)) continue;
    await mkdir(dirname(to), { recursive: true });
    await copyFile(path, to);
  }
}
