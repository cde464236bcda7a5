// What people use instead: scp and `systemctl restart` by shell, rsync, ansible's copy and systemd. Each with a service of
// its own on the host, whose unit is there already.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/lab/apt.mjs';
import { run } from '../../scripts/lab/run.mjs';

const unit = name => `[Unit]
Description=${name}
[Service]
Type=notify
ExecStart=/opt/${name}/${name}
Environment=HELLO_LISTEN=127.0.0.1:${{ shell: 8081, ansible: 8082 }[name]}
[Install]
WantedBy=multi-user.target
`;

export async function makePeers(stage, host) {
  await ensurePackages(['openssh-client', 'rsync', 'ansible', 'curl']);
  await installOn(host, ['rsync', 'python3', 'zstd']);
  for (const name of ['shell', 'ansible']) {
    await stage.on(host, 'mkdir', '-p', `/opt/${name}`);
    writeFileSync(join(host.near.root, `etc/systemd/system/${name}.service`), unit(name));
  }
  await stage.on(host, 'systemctl', 'daemon-reload');
  const { address, port, user, key, knownHosts } = host;
  const options = [
    '-i',
    key,
    '-o',
    `UserKnownHostsFile=${knownHosts}`,
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    'BatchMode=yes',
  ];
  const place = `${user}@${address}`;
  const ssh = command => stage.timed(['ssh', ...options, '-p', port, place, command]);
  const install =
    'sudo install -m 755 /tmp/shell.new /opt/shell/shell.new && sudo mv /opt/shell/shell.new /opt/shell/shell';

  const folder = join(stage.folder, 'ansible');
  mkdirSync(folder, { recursive: true });
  const write = (name, text) => writeFileSync(join(folder, name), text);
  write(
    'inventory',
    `far ansible_host=${address} ansible_port=${port} ansible_user=${user} ansible_ssh_private_key_file=${key} ansible_ssh_common_args="-o UserKnownHostsFile=${knownHosts}"\n`,
  );
  write(
    'play.yml',
    `- hosts: far
  gather_facts: false
  become: true
  tasks:
    - ansible.builtin.copy: { src: "{{ program }}", dest: /opt/ansible/ansible, mode: "0755" }
    - ansible.builtin.systemd: { name: ansible, state: restarted }
`,
  );
  const env = { ...process.env, ANSIBLE_HOME: folder, ANSIBLE_LOCAL_TEMP: join(folder, 'tmp') };

  return {
    versions: {
      openssh: (await run(['sh', '-c', 'ssh -V 2>&1'])).split(/[_, ]/)[1],
      rsync: /version (\S+)/.exec(await run(['rsync', '--version']))[1],
      ansible: /core (\S+?)\]/.exec(await run(['ansible', '--version'], { env }))[1],
    },
    /** Seconds. Both end when the service has said that it is ready. */
    async scp(program) {
      const copied = await stage.timed(['scp', '-q', ...options, '-P', port, program, `${place}:/tmp/shell.new`]);
      const restarted = await ssh(`${install} && sudo systemctl restart shell`);
      return copied.seconds + restarted.seconds;
    },
    async ansible(program) {
      // a fresh runner has no connection that is open already
      const cold = { ...env, ANSIBLE_SSH_CONTROL_PATH_DIR: mkdtempSync(join(folder, 'cp-')) };
      const argv = ['ansible-playbook', '-i', 'inventory', 'play.yml', '-e', `program=${program}`];
      return (await stage.timed(argv, { cwd: folder, env: cold })).seconds;
    },
    /** The transfer alone, compressed as rsync does by itself, of a file of which the host has no older one. */
    async rsync(program) {
      await stage.on(host, 'rm', '-f', '/tmp/rsync.new');
      const shell = ['ssh', ...options, '-p', port].join(' ');
      return (await stage.timed(['rsync', '-z', '-e', shell, program, `${place}:/tmp/rsync.new`])).seconds;
    },
  };
}

/** The packages that the host lacks for them, downloaded here, as a host of the lab reaches nothing. */
async function installOn({ name, near }, packages) {
  const archives = join(near.root, 'var/cache/apt/archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const dirs = [`Dir::State::status=${join(near.root, 'var/lib/dpkg/status')}`, `Dir::Cache::archives=${archives}`];
  const set = dirs.flatMap(dir => ['-o', dir]);
  const get = ['apt-get', 'install', '--yes', '--no-install-recommends', '--download-only', ...set, ...packages];
  await run(get, { timeout: 300_000 });
  // dpkg takes them in the order of their names: what one must have before it may come after it
  const again = 'for pass in 1 2 3; do dpkg -i /var/cache/apt/archives/*.deb && exit; done; exit 1';
  const { exec } = await import('../../scripts/lab/host.mjs');
  const { code, stderr } = await exec(name, ['sh', '-c', again], {
    timeout: 300_000,
  });
  if (code !== 0) throw new Error(`installing ${packages.join(', ')} on ${name}: ${stderr}`);
}
