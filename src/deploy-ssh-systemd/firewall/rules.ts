import { systemMark } from '../system-files.ts';
import type { Opening, Source } from './values.ts';

/** What filters on a host: nft alone, or what is active there and has rules of its own. */
export type Tool = 'nft' | 'ufw' | 'firewalld';

export interface Rules {
  readonly service: string;
  /** Of the service: what marks a file as ours. */
  readonly directory: string;
  readonly openings: readonly Opening[];
  readonly defaultDeny: boolean;
  /** Where the host's sshd was reached by the connection of the run. */
  readonly sshPort: number;
}

/** What may come in, as the host's tool takes it; the third line says which one (assets/firewall.sh). Pure. */
export function renderRules(tool: Tool, rules: Rules): string {
  const lines = { nft: nftLines, ufw: ufwLines, firewalld: firewalldLines }[tool](rules);
  return `${systemMark(rules.directory)}${[`# By ${tool}`, ...(rules.defaultDeny ? ['# Nothing else comes in'] : []), ...lines].join('\n')}\n`;
}

/**
 * A table of the service's own. nft loads the file whole or not at all. What it accepts another table may still drop: of
 * all chains of a hook each has its say. What is denied is counted, for whoever observes the host (release/observe).
 */
function nftLines({ service, openings, defaultDeny, sshPort }: Rules): string[] {
  const table = `table inet slipway-${service}`;
  const accepted = openings.flatMap(({ port, protocol, from }) =>
    from.length === 0
      ? [`${protocol} dport ${port} accept`]
      : [
          ...from.map(
            ({ family, address }) =>
              `${family === 'ipv4' ? 'ip' : 'ip6'} saddr ${address} ${protocol} dport ${port} accept`,
          ),
          ...(defaultDeny ? [] : [`${protocol} dport ${port} counter drop`]),
        ],
  );
  // a lease that is not renewed would end the host's network hours later
  const always = [
    `tcp dport ${sshPort} accept`,
    // ICMP and ICMPv6: their names are in /etc/protocols, which small systems do not have
    'meta l4proto { 1, 58 } accept',
    'udp sport 67 udp dport 68 accept',
    'ip6 saddr fe80::/10 udp dport 546 accept',
  ];
  return [
    table,
    `delete ${table}`,
    `${table} {`,
    '\tchain input {',
    `\t\ttype filter hook input priority filter; policy ${defaultDeny ? 'drop' : 'accept'};`,
    ...[
      'ct state established,related accept',
      'iifname "lo" accept',
      ...(defaultDeny ? always : []),
      ...accepted,
      ...(defaultDeny ? ['counter comment "denied"'] : []),
    ].map(line => `\t\t${line}`),
    '\t}',
    '}',
  ];
}

/** As `ufw show added` has them. */
function ufwLines({ openings }: Rules): string[] {
  return each(openings, ({ port, protocol }, source) =>
    source === undefined
      ? `allow ${port}/${protocol}`
      : `allow from ${source.address} to any port ${port} proto ${protocol}`,
  );
}

/** Arguments of firewall-cmd. */
function firewalldLines({ openings }: Rules): string[] {
  return each(openings, ({ port, protocol }, source) =>
    source === undefined
      ? `--add-port=${port}/${protocol}`
      : `--add-rich-rule=rule family="${source.family}" source address="${source.address}" port port="${port}" protocol="${protocol}" accept`,
  );
}

function each(openings: readonly Opening[], line: (opening: Opening, source: Source | undefined) => string): string[] {
  return openings.flatMap(one =>
    one.from.length === 0 ? [line(one, undefined)] : one.from.map(source => line(one, source)),
  );
}
