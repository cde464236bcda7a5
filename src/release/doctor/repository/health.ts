import { type Check, judge, type Seen } from '../check.ts';
import type { Repository } from './facts.ts';
import { deploymentsOf, elsewhere, isGiven, judgeKnown } from './section.ts';

export const healthChecks: readonly Check<Repository>[] = [
  {
    id: 'health-gate',
    title: 'Every deployment asks the program itself whether it is well.',
    reason: 'A process that runs and answers with errors counts as a good release.',
    fix: 'Write `health-checks: http://127.0.0.1:8080/readyz 200` (hosts), `probes` or `metrics` (cluster).',
    level: 'must',
    look: probes,
  },
  {
    id: 'verified',
    title: 'A section `verify` closes the record from where users are.',
    reason: 'What a host says of itself leaves DNS, proxy, certificate and firewall out.',
    fix: 'Write `verify: { checks: https://hello.example.com/healthz 200 }`.',
    level: 'should',
    look: ({ file }) => {
      const hidden = elsewhere(file.verify ?? {}, 'checks');
      return [
        judgeKnown(file.at(['verify']), isGiven(file.verify ?? {}, 'checks') ? [] : ['no checks in verify'], [hidden]),
      ];
    },
  },
  {
    id: 'tls',
    title: 'Users come by https.',
    reason: 'Without TLS, whoever is on the way reads and changes what users send, passwords included.',
    fix: 'Give the environment an https `url`; `proxy: { tls: … }` or an Ingress has the certificate.',
    level: 'must',
    look: ({ file }) =>
      file.url === undefined
        ? []
        : [
            judge(
              file.at(['environments', file.environment!, 'url']),
              /^https:\/\//.test(file.url) ? [] : [file.url],
              file.url,
            ),
          ],
  },
];

function probes(repository: Repository): Seen[] {
  const of = (kind: Parameters<typeof deploymentsOf>[1], names: readonly string[]) =>
    deploymentsOf(repository, kind).map(({ entry, at }) => {
      const given = names.filter(name => isGiven(entry, name));
      const hidden = given.map(name => elsewhere(entry, name));
      const isSeen = hidden.includes(undefined);
      return judgeKnown(
        at(names[0]!),
        given.length === 0 ? [`neither ${names.join(' nor ')}`] : [],
        isSeen ? [] : hidden,
      );
    });
  return [...of('deploy-ssh-systemd', ['health-checks']), ...of('deploy-k8s-canary', ['probes', 'metrics'])];
}
