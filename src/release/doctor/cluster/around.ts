import type { ClusterCheckup } from '../../../core/checkup.ts';
import { judgeCertificate, leastDays } from '../certificate.ts';
import { type Check, fail, judge, unknown } from '../check.ts';

export const aroundPodChecks: readonly Check<ClusterCheckup>[] = [
  {
    id: 'network-policy',
    title: 'A NetworkPolicy says who may reach the pods.',
    reason: 'Otherwise every pod of the cluster does, also one that was broken into.',
    fix: 'Write one for the pods’ labels; `slipway scaffold --allow-from NAMESPACE` does.',
    level: 'must',
    look: ({ place, policies }) => [
      policies === undefined
        ? unknown(place, 'the user may not list networkpolicies')
        : judge(place, policies.length === 0 ? ['none is about them'] : [], policies.join(', ')),
    ],
  },
  {
    id: 'ingress-certificate',
    title: `Every Ingress has a certificate that is valid for ${leastDays} days or more.`,
    reason: 'On the day that it ends, every user sees a warning instead of the service.',
    fix: 'Give the Ingress `tls`; look at what renews it: `kubectl describe certificate`.',
    level: 'must',
    look: ({ place, sites, now }) => {
      if (sites === undefined) return [unknown(place, 'the user may not list ingresses')];
      return sites.map(one => {
        if ('why' in one) return unknown(place, `${one.site}: ${one.why}`);
        return one.certificate === ''
          ? fail(place, `${one.site} has no TLS`)
          : judgeCertificate(place, one.site, one.certificate, now);
      });
    },
  },
  {
    id: 'deploy-rights',
    title: 'What deploys may not do everything in the namespace.',
    reason: 'A leaked kubeconfig is worth what its user may do.',
    fix: 'Give it the Role that `mode: plan` prints, and no more.',
    level: 'must',
    look: ({ place, mayDoEverything }) => [judge(place, mayDoEverything ? ['the user may do everything'] : [])],
  },
];
