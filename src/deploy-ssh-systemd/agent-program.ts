import { readFile } from 'node:fs/promises';
import { sha256 } from '../core/files.ts';
import type { Layout } from './settings.ts';

/** The agent's text for a layout: one POSIX shell program. */
export async function agentProgram(layout: Layout = 'systemd'): Promise<string> {
  // written out, not computed: the bundler copies the files that it finds in such expressions
  const init =
    layout === 'dsm'
      ? [
          readFile(new URL('./assets/dsm.sh', import.meta.url), 'utf8'),
          readFile(new URL('./assets/watchdog.sh', import.meta.url), 'utf8'),
          readFile(new URL('./assets/crontab.sh', import.meta.url), 'utf8'),
        ]
      : [
          readFile(new URL('./assets/user.sh', import.meta.url), 'utf8'),
          readFile(new URL('./assets/systemd.sh', import.meta.url), 'utf8'),
          readFile(new URL('./assets/verify.sh', import.meta.url), 'utf8'),
          readFile(new URL('./assets/smoke.sh', import.meta.url), 'utf8'),
        ];
  const parts = [
    readFile(new URL('../core/host-agent/assets/talk.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/base.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/switch.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/colours.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/system-files.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/nginx-site.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/log-rules.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/schedule.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/firewall.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/backup.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/around.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/checkup.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/certbot.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/container.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/revert.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/go-back.sh', import.meta.url), 'utf8'),
    ...init,
    readFile(new URL('./assets/unit-rules.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/confine.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/bootstrap.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/upstream.sh', import.meta.url), 'utf8'),
    readFile(new URL('../core/host-agent/assets/look.sh', import.meta.url), 'utf8'),
    readFile(new URL('../core/host-agent/assets/look-nas.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/bring-in.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/facts.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/lock.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/upload.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/release.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/share.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/intent.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/watch.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/upkeep.sh', import.meta.url), 'utf8'),
    readFile(new URL('./assets/serve.sh', import.meta.url), 'utf8'),
  ];
  return (await Promise.all(parts)).join('\n').replaceAll('\r', '');
}

/** sha256 of the agent that `mode: bootstrap` installs: the same program, confined to what is allowed on its host. */
export function installedSha256(program: string): string {
  return sha256(`#!/bin/sh\nconfined=yes\n${program.replace(/\n+$/, '')}\n`);
}
