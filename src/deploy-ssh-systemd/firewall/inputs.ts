import { firewall } from './values.ts';

export const firewallInputs = {
  firewall: {
    description:
      'Opens the port of `listen` on the host, and no other: a YAML map `{from: SOURCES, ports: {PORT: SOURCES}, default-deny: true}`. `from`: addresses or networks, or `anywhere` (default); `ports`: further ones, such as `443: anywhere` or `53/udp: 10.0.0.0/8`; `default-deny`: nothing else comes in but SSH, ICMP and answers. An nftables table of the service’s own; where ufw or firewalld is active, rules of theirs. Part of the release: checked, switched and taken back with it.',
    value: firewall,
  },
};
