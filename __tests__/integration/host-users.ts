import { onHost } from './deploy-ssh-systemd.ts';
import type { LabHost } from './lab.ts';

/** A user of a host, reached with the lab's key. */
export interface HostUser {
  readonly name: string;
  /** Login shell; default /bin/bash. */
  readonly shell?: string;
  /** Lines of a sudoers file; none when absent. */
  readonly sudoers?: string;
  /** For sudo. */
  readonly password?: string;
  /** Text of the .bashrc. */
  readonly bashrc?: string;
}

/** Makes the users; those of the base tree get what is said of them here, too. */
export async function makeUsers(host: LabHost, users: readonly HostUser[]): Promise<void> {
  const script = users.map(({ name, shell = '/bin/bash', sudoers, password, bashrc }) =>
    [
      `id ${name} >/dev/null 2>&1 || useradd --create-home ${name}`,
      `chsh -s ${shell} ${name}`,
      `mkdir -p -m 700 /home/${name}/.ssh`,
      `cp /root/.ssh/authorized_keys /home/${name}/.ssh/`,
      ...(bashrc === undefined ? [] : [`cat >/home/${name}/.bashrc <<'END'\n${bashrc}\nEND`]),
      `chown -R ${name}: /home/${name}`,
      `rm -f /etc/sudoers.d/${name}`,
      ...(sudoers === undefined
        ? []
        : [`cat >/etc/sudoers.d/${name} <<'END'\n${sudoers}\nEND`, `chmod 440 /etc/sudoers.d/${name}`]),
      ...(password === undefined ? [] : [`echo '${name}:${password}' | chpasswd`]),
    ].join('\n'),
  );
  await onHost(host, 'sh', '-ec', script.join('\n'));
}
