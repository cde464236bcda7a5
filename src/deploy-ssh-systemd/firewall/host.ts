import type { Answer } from '../../core/host-agent/answer.ts';
import type { HostFacts } from '../facts.ts';
import type { HostSession } from '../host-session.ts';
import type { Settings } from '../settings.ts';
import type { SystemFile } from '../system-files.ts';
import { firewallObstacles } from './obstacles.ts';
import { openingsOf } from './openings.ts';
import { renderRules, type Tool } from './rules.ts';

/** What a host says of what filters there. */
export interface FirewallFacts {
  /** Undefined where nothing is there. */
  readonly tool: Tool | undefined;
  /** What ufw or firewalld do with what no rule names: `deny`, `allow`; `default`, `ACCEPT`. */
  readonly incoming: string;
  /** Chains of others that drop by policy: `inet filter input`. */
  readonly dropping: readonly string[];
  /** The tables of our other services, as nft lists them. */
  readonly others: string;
  /** Where its sshd was reached; 0 where that is not known. */
  readonly sshPort: number;
}

/** The settings with what filters on the host, where rules are wanted. */
export async function withFilter(session: HostSession, settings: Settings): Promise<Settings> {
  if (settings.firewall === undefined || settings.ownServices) return settings;
  return { ...settings, filter: readFirewallFacts(await session.ask('firewall')) };
}

function readFirewallFacts(answer: Answer): FirewallFacts {
  const tool = answer.text('tool');
  return {
    tool: tool === '' ? undefined : (tool as Tool),
    incoming: answer.text('incoming'),
    dropping: answer.lines('dropping'),
    others: answer.text('others'),
    sshPort: Number(answer.text('ssh-port')),
  };
}

/** The rules of the input `firewall` for this host, as a file of the release; empty where there are none. Pure. */
export function firewallRules(settings: Settings): SystemFile[] {
  const { firewall, filter, service, directory, listen } = settings;
  if (firewall === undefined) return [];
  const { tool = 'nft', sshPort = 0 } = filter ?? {};
  const { defaultDeny } = firewall;
  const openings = openingsOf(firewall, listen);
  return [
    {
      kind: 'firewall',
      text: renderRules(tool, { service, directory, openings, defaultDeny, sshPort }),
      asked: [],
      judge: answer => {
        const found = filter === undefined ? [] : firewallObstacles({ firewall, listen }, filter);
        const said = answer.text('said').split('\n')[0];
        return found.length > 0 || said === '' || said === undefined
          ? found
          : [{ code: 'FIREWALL_REFUSED', seen: `${tool} does not take the rules: ${said}`, hint: '' }];
      },
    },
  ];
}

/** What should be known before the rules change: one line each. Pure. */
export function firewallWarnings(
  settings: Settings,
  { listening, system }: Pick<HostFacts, 'listening' | 'system'>,
): string[] {
  const { firewall, filter, listen } = settings;
  const [rules] = firewallRules(settings);
  if (firewall === undefined || filter?.tool !== 'nft' || rules?.text.trim() === system.get('firewall')?.trim())
    return [];
  const ports = openingsOf(firewall, listen).map(({ port }) => port);
  const closed = [...new Set(listening)].filter(port => ![...ports, filter.sshPort].includes(port));
  return [
    ...filter.dropping.map(
      chain =>
        `the chain ${chain} of this host drops what it does not know: whether port ${ports.join(', ')} is open is up to it, too`,
    ),
    ...(firewall.defaultDeny && closed.length > 0
      ? [`default-deny closes ports that somebody listens on: ${closed.sort((a, b) => a - b).join(', ')}`]
      : []),
  ];
}
