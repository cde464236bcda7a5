import { type Logs, type Rotate, type Syslog, severities } from './logs.ts';

/**
 * The rule of logrotate. Whatever the host's logrotate.conf says: files are renamed, never copied and cut off, which loses
 * what is written in between; the program makes the new ones; and only what it has let go of is compressed. Empty where
 * there is nothing to rotate. Pure.
 */
export function renderLogrotate(service: string, { rotate, syslog }: Logs): string {
  const own =
    rotate === undefined
      ? ''
      : stanza(
          rotate.files.map(file => `/var/log/${service}/${file}`),
          rotate,
          [`systemctl kill --kill-who=main --signal=${rotate.signal} ${service}.service 2>/dev/null || :`],
        );
  const to = syslog?.to;
  const kept = rotate ?? { every: 'daily', maxSize: undefined, keep: 14, compress: true };
  const ofRsyslog =
    to === undefined || !('file' in to)
      ? ''
      : stanza([to.file], kept, ['systemctl kill --kill-who=main --signal=SIGHUP rsyslog.service 2>/dev/null || :']);
  return own + ofRsyslog;
}

function stanza(
  files: readonly string[],
  { every, maxSize, keep, compress }: Omit<Rotate, 'files' | 'signal'>,
  after: readonly string[],
): string {
  return `${[
    `${files.join(' ')} {`,
    ...[
      every,
      ...(maxSize === undefined ? [] : [`maxsize ${maxSize}`]),
      `rotate ${keep}`,
      'missingok',
      'notifempty',
      'nocreate',
      'nocopy',
      'nocopytruncate',
      'noolddir',
      ...(compress ? ['compress', 'delaycompress'] : ['nocompress']),
      'sharedscripts',
      'postrotate',
      ...after.map(line => `    ${line}`),
      'endscript',
    ].map(line => `    ${line}`),
    '}',
  ].join('\n')}\n`;
}

/** The rule of rsyslog: what the service says, so grave or graver. Empty where there is none. Pure. */
export function renderRsyslog(service: string, { syslog }: Logs): string {
  if (syslog === undefined) return '';
  return `${[
    `if $programname == "${service}" and $syslogseverity <= ${severities.indexOf(syslog.severity)} then {`,
    `    ${actionOf(syslog)}`,
    '}',
  ].join('\n')}\n`;
}

function actionOf({ to }: Syslog): string {
  if ('file' in to) return `action(type="omfile" file="${to.file}" fileCreateMode="0640")`;
  // a queue of its own: while the other host is away, nothing else waits for it
  const queue = 'queue.type="LinkedList" queue.size="10000" action.resumeRetryCount="-1"';
  return `action(type="omfwd" target="${to.host}" port="${to.port}" protocol="${to.protocol}" ${queue})`;
}
