import { X509Certificate } from 'node:crypto';
import type { Answer } from '../core/host-agent/answer.ts';
import { formatDuration, formatSize } from '../core/units.ts';
import type { HostFacts } from './facts.ts';
import type { HostSession } from './host-session.ts';
import { at } from './timer/timer-state.ts';

/** Something that stands around the service, in words, and whether it is not as it should be. */
export interface Around {
  readonly words: string;
  readonly isWrong: boolean;
}

/** Asks the host only where something does. */
export async function lookAround(session: HostSession, facts: HostFacts): Promise<Around[]> {
  if (facts.current === '' || (facts.system.size === 0 && session.settings.layout !== 'nfs')) return [];
  return aroundOf(facts, await session.ask('around'), Date.now());
}

/** What a host says of its files for other programs (assets/around.sh), a line each. Pure. */
export function aroundOf({ system, pending }: HostFacts, answer: Answer, now: number): Around[] {
  const down = answer.all('down');
  const lines: Record<string, (text: string) => Around> = {
    nginx: text => site(text, answer.text('certificate'), down.includes('nginx'), now),
    firewall: text => firewall(text, pending.length > 0, down.includes('firewall')),
    logrotate: text => ({ words: `logs: ${words(text, /^(\/.*) \{$/gm)} rotated by logrotate`, isWrong: false }),
    rsyslog: text => rsyslog(text, down.includes('rsyslog')),
    backup: text => backups(text, answer),
  };
  const ofSystem = [...system].flatMap(([kind, text]) => lines[kind]?.(text) ?? []);
  return answer.text('share') === '' ? ofSystem : [...ofSystem, share(answer, down.includes('share'))];
}

function site(text: string, pem: string, isDown: boolean, now: number): Around {
  const names = words(text, /^ *server_name (.*);$/gm);
  if (isDown) return { words: `nginx: ${names}; nginx is not running`, isWrong: true };
  const [, path] = /^ *ssl_certificate (.*);$/m.exec(text) ?? [];
  if (path === undefined) return { words: `nginx: ${names}, without TLS`, isWrong: false };
  if (pem === '') return { words: `nginx: ${names}; its certificate ${path} cannot be read`, isWrong: true };
  const end = new X509Certificate(pem).validToDate.getTime();
  const left = end - now;
  return left <= 0
    ? { words: `nginx: ${names}; its certificate ${path} has expired on ${at(end)}`, isWrong: true }
    : { words: `nginx: ${names}, certificate ${path} until ${at(end)} (in ${days(left)})`, isWrong: false };
}

function days(ms: number): string {
  const whole = Math.floor(ms / 86_400_000);
  return whole === 0 ? formatDuration(ms) : `${whole} day${whole === 1 ? '' : 's'}`;
}

function firewall(text: string, isArmed: boolean, isDown: boolean): Around {
  const tool = /^# By (\w+)$/m.exec(text)?.[1] ?? 'an unknown tool';
  if (isDown) return { words: `firewall: its rules by ${tool} are not in force`, isWrong: true };
  const deny = text.includes('policy drop;')
    ? `, default-deny ${isArmed ? 'armed: taken back unless it is confirmed' : 'confirmed'}`
    : '';
  return { words: `firewall: rules by ${tool} are in force${deny}`, isWrong: false };
}

function rsyslog(text: string, isDown: boolean): Around {
  const to = words(text, / (?:file|target)="([^"]*)"/g);
  return { words: `logs: to ${to} by rsyslog${isDown ? ', which is not running' : ''}`, isWrong: isDown };
}

function backups(text: string, answer: Answer): Around {
  const kept = answer.lines('backups');
  const to = words(text, /^to (.*)$/gm);
  if (kept.length === 0) return { words: `backups: none yet in ${to}`, isWrong: false };
  const size = answer.text('backups-size');
  const taken = size === '' ? '' : `, ${formatSize(Number(size) * 1024)}`;
  return { words: `backups: ${kept.length} in ${to}${taken}, the newest ${kept.at(-1)}`, isWrong: false };
}

function share(answer: Answer, isLost: boolean): Around {
  const path = answer.text('share');
  if (isLost)
    return { words: `share: ${path} does not answer: ${answer.text('said') || 'nothing in 10s'}`, isWrong: true };
  const seen = answer.lines('share-seen');
  const nodes = seen.filter(line => !line.startsWith('lease '));
  const lease = seen.find(line => line.startsWith('lease '));
  const writes = lease === undefined ? 'nobody writes' : `the lease has ${lease.slice('lease '.length)}`;
  return { words: `share: ${path} of ${nodes.join(', ')}; ${writes}`, isWrong: false };
}

/** What stands in the text, each once. */
function words(text: string, pattern: RegExp): string {
  return [...new Set([...text.matchAll(pattern)].map(([, found]) => found))].join(', ');
}
