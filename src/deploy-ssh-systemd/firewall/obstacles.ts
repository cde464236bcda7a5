import type { Obstacle } from '../preflight.ts';
import type { Settings } from '../settings.ts';
import type { FirewallFacts } from './host.ts';
import { openingsOf } from './openings.ts';
import type { Firewall } from './values.ts';

interface Wanted extends Pick<Settings, 'listen'> {
  readonly firewall: Firewall;
}

/** Why the rules cannot be as they are wanted on this host; empty when they can. Pure. */
export function firewallObstacles(wanted: Wanted, facts: FirewallFacts): Obstacle[] {
  const { defaultDeny } = wanted.firewall;
  const { tool, incoming, sshPort } = facts;
  if (tool === undefined)
    return [
      {
        code: 'PROGRAMS_MISSING',
        seen: 'there is neither nft nor an active ufw or firewalld',
        hint: 'Install nftables.',
      },
    ];
  if (tool === 'nft')
    return defaultDeny && sshPort === 0
      ? [{ code: 'FIREWALL_REFUSED', seen: 'the port of its sshd cannot be told', hint: 'Leave `default-deny` out.' }]
      : closed(wanted, facts);
  const denies = ['deny', 'reject', 'default', 'DROP', '%%REJECT%%'].includes(incoming);
  if (!defaultDeny || denies) return [];
  return [
    {
      code: 'FIREWALL_OPEN',
      seen: `${tool} is active and lets in what no rule names (${incoming})`,
      hint: tool === 'ufw' ? 'Say `ufw default deny incoming` on the host.' : 'Give its default zone another target.',
    },
  ];
}

/** Of all tables each has its say: one of ours must not drop what another one of ours opens. */
function closed({ firewall, listen }: Wanted, { others, sshPort }: FirewallFacts): Obstacle[] {
  const ours = openingsOf(firewall, listen).map(({ port, protocol }) => `${protocol} ${port}`);
  return otherServices(others).flatMap(({ service, drops, ports }) => [
    ...ours
      .filter(port => drops && !ports.includes(port))
      .map(port => ({
        code: 'FIREWALL_CLOSED',
        seen: `default-deny of ${service} on this host would drop ${port}`,
        hint: `Deploy ${service} with that port among its \`ports\` first.`,
      })),
    ...ports
      .filter(port => firewall.defaultDeny && ![...ours, `tcp ${sshPort}`].includes(port))
      .map(port => ({
        code: 'FIREWALL_CLOSED',
        seen: `default-deny would drop ${port} of ${service}`,
        hint: 'Add it to `ports`.',
      })),
  ]);
}

interface OtherService {
  readonly service: string;
  /** Whether it drops what it does not name. */
  readonly drops: boolean;
  /** `tcp 8080` */
  readonly ports: readonly string[];
}

function otherServices(tables: string): OtherService[] {
  return tables
    .split(/^table inet slipway-/m)
    .slice(1)
    .map(text => ({
      service: text.slice(0, text.indexOf(' ')),
      drops: text.includes('policy drop;'),
      ports: [...text.matchAll(/\b(tcp|udp) dport (\d+) accept/g)].map(([, protocol, port]) => `${protocol} ${port}`),
    }));
}
